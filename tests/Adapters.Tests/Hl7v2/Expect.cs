using System.Text;
using Adapters.Hl7v2;
using Fhir.Server.Core.Outcomes;

namespace Adapters.Tests.Hl7v2;

internal static class Expect
{
    public static T Value<T>(Result<T> result)
    {
        Assert.False(result.Failed(out var issue, out var value), issue?.Text);
        return value!;
    }

    public static Issue Issue<T>(Result<T> result)
    {
        Assert.True(result.Failed(out var issue, out _), "A failure was expected.");
        return issue!;
    }

    public static Hl7Message Parse(string text) => Value(Hl7Message.Parse(Encoding.UTF8.GetBytes(text)));
}

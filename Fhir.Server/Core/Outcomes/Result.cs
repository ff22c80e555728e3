using System.Diagnostics.CodeAnalysis;

namespace Fhir.Server.Core.Outcomes;

/// <summary>A value, or the issue that stands in its place.</summary>
public sealed class Result<T>
{
    private readonly T? _value;
    private readonly Issue? _issue;
    private Result(T? value, Issue? issue) => (_value, _issue) = (value, issue);

    /// <summary><c>if (parsed.Failed(out var issue, out var token)) return issue;</c></summary>
    public bool Failed([NotNullWhen(true)] out Issue? issue, [MaybeNullWhen(true)] out T value)
    {
        (issue, value) = (_issue, _value!);
        return issue is not null;
    }

    public static implicit operator Result<T>(T value) => new(value, null);
    public static implicit operator Result<T>(Issue issue) => new(default, issue);
}

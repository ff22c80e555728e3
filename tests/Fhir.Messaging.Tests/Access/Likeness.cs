using System.Text.RegularExpressions;
using Fhir.Server.Api.Tests;

namespace Fhir.Messaging.Tests.AccessTests;

/// <summary>What a caller can tell of an answer, in words that are the same in two worlds: addresses, new ids, sealed tokens and moments below a second are named alike.</summary>
public sealed partial class Likeness(string url)
{
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);

    /// <summary>Headers that are no answer: the moment, and the request's own number.</summary>
    private static readonly HashSet<string> Passing = new(StringComparer.OrdinalIgnoreCase) { "Date", "X-Request-Id", "Content-Length", "Server", "Transfer-Encoding" };

    public string Of(Got got)
    {
        var headers = got.Headers.Concat(got.Content).Where(h => !Passing.Contains(h.Key)).OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}: {string.Join(", ", h.Value)}\n");
        return Plain($"{got.Code}\n{string.Concat(headers)}\n{got.Text}");
    }

    public string Plain(string text)
    {
        text = text.Replace(url, "URL", StringComparison.Ordinal);
        text = Token().Replace(text, "_page=TOKEN");
        text = Moment().Replace(text, m => m.Groups[1].Value);
        text = Delivered().Replace(text, "DELIVERED]");
        text = Printed().Replace(text, "PRINTED");
        text = Refused().Replace(text, "Request R failed");
        return NewId().Replace(text, m => _ids.TryGetValue(m.Value, out var known) ? known : _ids[m.Value] = $"new-{_ids.Count}");
    }

    /// <summary>The id that stands for one of <see cref="Plain"/>'s names here.</summary>
    public string? IdOf(string name) => _ids.FirstOrDefault(p => p.Value == name).Key;

    [GeneratedRegex("_page=[A-Za-z0-9_%-]+")]
    private static partial Regex Token();
    [GeneratedRegex(@"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{6}")]
    private static partial Regex Moment();
    [GeneratedRegex(@"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\bS[0-9A-Z]{14}\b")]   // the second: a sealed number of a line of the log, and the id of the own token; the third: a document's number
    private static partial Regex NewId();
    // How far a delivery is depends on the moment at which one asks.
    [GeneratedRegex("""\{"url":"state","valueCode":"[a-z-]+"\},\{"url":"at","valueInstant":"[^"]+"\}(,\{"url":"detail","valueString":"[^"]*"\})?\]""")]
    private static partial Regex Delivered();
    // A summary on paper bears its own new number, which its bytes, size and hash show too; the made-up files are of another version of PDF.
    [GeneratedRegex("""(?:"size":\d+,"hash":"[A-Za-z0-9+/=]+"|"data":"JVBERi0xLjcK[A-Za-z0-9+/=]*"|%PDF-1\.7.*)""", RegexOptions.Singleline)]
    private static partial Regex Printed();
    [GeneratedRegex("Request [0-9A-Z:]+ failed")]
    private static partial Regex Refused();
}

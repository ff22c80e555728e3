using System.Collections.Concurrent;
using Fhir.Messaging.Delivery;

namespace Fhir.Messaging.Tests.Clinic;

/// <summary>A partner that answers as told and remembers what it got.</summary>
public sealed class FakeLine : ILine
{
    private readonly ConcurrentQueue<OutboundDocument> _got = new();

    public string ConnectionType => "hl7v2-mllp";
    public IReadOnlyList<OutboundDocument> Got => [.. _got];
    public Func<OutboundDocument, CancellationToken, Task<LineAnswer>> Answer { get; set; } = (_, _) => Task.FromResult(new LineAnswer(LineResult.Accepted, "AA"));

    public void Always(LineResult result, string detail) => Answer = (_, _) => Task.FromResult(new LineAnswer(result, detail));

    public Task<LineAnswer> SendAsync(OutboundDocument document, Uri address, CancellationToken stop)
    {
        _got.Enqueue(document);
        return Answer(document, stop);
    }
}

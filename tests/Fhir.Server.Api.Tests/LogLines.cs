using Microsoft.Extensions.Logging;

namespace Fhir.Server.Api.Tests;

/// <summary>Every line that was logged, to be searched for what must not stand there.</summary>
public sealed class LogLines : ILoggerProvider
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();
    public IReadOnlyCollection<string> All => _lines;
    public ILogger CreateLogger(string categoryName) => new Writer(_lines);
    public void Dispose() { }

    private sealed class Writer(System.Collections.Concurrent.ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
    }
}

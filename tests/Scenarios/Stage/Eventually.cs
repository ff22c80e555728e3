namespace Scenarios.Stage;

/// <summary>Waiting for what happens by itself. The limit is for what never happens: a machine that is busy may need most of it.</summary>
public static class Eventually
{
    public static async Task<T> Async<T>(Func<Task<T>> look, Func<T, bool> enough, string what, int seconds = 60)
    {
        var until = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var seen = await look();
            if (enough(seen)) return seen;
            if (TimeProvider.System.GetElapsedTime(until).TotalSeconds > seconds) throw new TimeoutException($"{what} did not happen within {seconds} s; last seen: {seen}");
            await Task.Delay(50);
        }
    }
}

namespace Fhir.Server.Api.Tests.Limits;

public sealed class AdmissionTests
{
    private static Admission Of(int atOnce, int waiting, int percent) => new(new LimitSettings { RequestsAtOnce = atOnce, RequestsWaiting = waiting, CallerPercent = percent });
    private static async Task<Entrance> Soon(ValueTask<Entrance> entrance) => await entrance.AsTask().WaitAsync(TimeSpan.FromSeconds(5));

    [Fact]
    public async Task One_caller_has_her_share_and_the_others_come_in()
    {
        var door = Of(atOnce: 4, waiting: 4, percent: 50);
        for (var i = 0; i < 2; i++) Assert.Equal(Entrance.Admitted, await Soon(door.EnterAsync("a", default)));
        var waits = Enumerable.Range(0, 2).Select(_ => door.EnterAsync("a", default).AsTask()).ToList();
        Assert.All(waits, wait => Assert.False(wait.IsCompleted));
        Assert.Equal(Entrance.TooMany, await Soon(door.EnterAsync("a", default)));
        for (var i = 0; i < 2; i++) Assert.Equal(Entrance.Admitted, await Soon(door.EnterAsync("b", default)));
        door.Leave("b");
        Assert.All(waits, wait => Assert.False(wait.IsCompleted));   // she has used up her share, whoever leaves
        door.Leave("a");
        Assert.Equal(Entrance.Admitted, await waits[0].WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.False(waits[1].IsCompleted);
    }

    [Fact]
    public async Task Who_waits_comes_in_by_turns_of_caller()
    {
        var door = Of(atOnce: 1, waiting: 100, percent: 100);
        await Soon(door.EnterAsync("a", default));
        var busy = Enumerable.Range(0, 50).Select(_ => door.EnterAsync("a", default).AsTask()).ToList();
        var other = door.EnterAsync("b", default).AsTask();
        door.Leave("a");
        door.Leave("a");
        Assert.Equal(Entrance.Admitted, await other.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        await Task.WhenAny(busy).WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Equal(1, busy.Count(b => b.IsCompleted));
    }

    [Fact]
    public async Task Past_the_places_to_wait_everybody_is_told_so()
    {
        var door = Of(atOnce: 1, waiting: 2, percent: 100);
        await Soon(door.EnterAsync("a", default));
        _ = door.EnterAsync("b", default).AsTask();
        _ = door.EnterAsync("c", default).AsTask();
        Assert.Equal(Entrance.Full, await Soon(door.EnterAsync("d", default)));
    }

    [Fact]
    public async Task Who_hangs_up_while_she_waits_gives_her_place_back_and_none_is_lost()
    {
        var door = Of(atOnce: 4, waiting: 1000, percent: 50);
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Task.Run(async () =>
        {
            using var hangsUp = new CancellationTokenSource();
            if (i % 3 == 0) hangsUp.CancelAfter(i % 5);
            var caller = $"c{i % 7}";
            try
            {
                if (await door.EnterAsync(caller, hangsUp.Token) != Entrance.Admitted) return;
                await Task.Yield();
                door.Leave(caller);
            }
            catch (OperationCanceledException)
            {
                // she is gone
            }
        })));
        for (var i = 0; i < 4; i++) Assert.Equal(Entrance.Admitted, await Soon(door.EnterAsync($"c{i / 2}", default)));
        var fifth = door.EnterAsync("c6", default).AsTask();
        Assert.False(fifth.IsCompleted);
        door.Leave("c0");
        Assert.Equal(Entrance.Admitted, await fifth.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
    }
}

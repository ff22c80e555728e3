using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Browser;

/// <summary>One person's browser: what she does there, all that came over the wire, and all that went wrong.</summary>
public sealed partial class Desk : IAsyncDisposable
{
    private const string OnViolation = "addEventListener('securitypolicyviolation', e => console.error(`CSP: ${e.violatedDirective} blocked ${e.blockedURI}`))";

    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<Task<string>> _received = new();
    private readonly Wire? _wire;
    private volatile bool _wasAway;

    private Desk(IPage page, Wire? wire)
    {
        (Page, _wire) = (page, wire);
        page.Console += (_, said) => { if (said.Type == "error") Complain(said.Text); };
        page.PageError += (_, error) => Complain(error);
        page.Response += (_, response) => _received.Enqueue(TextOf(response));
        page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) => _received.Enqueue(Task.FromResult(frame.Text ?? Encoding.Latin1.GetString(frame.Binary ?? [])));
    }

    public IPage Page { get; }

    public static async Task<Desk> OpenAsync(IBrowserContext context, Wire? wire)
    {
        await context.AddInitScriptAsync(OnViolation);
        var desk = new Desk(await context.NewPageAsync(), wire);
        await desk.Page.GotoAsync("/");
        return desk;
    }

    public ILocator this[string testId] => Page.GetByTestId(testId);
    public ILocator Messages => this["message"];
    public ILocator Saying(string text) => Messages.Filter(new() { HasText = text });
    public ILocator Row(string text) => this["inbox-row"].Filter(new() { HasText = text });

    public async Task SignInAsync(string user)
    {
        await this[$"sign-in-{user}"].ClickAsync();
        await Expect(this["live"]).ToHaveAttributeAsync("data-live", "true");
    }

    public async Task SayAsync(string text)
    {
        await this["composer"].FillAsync(text);
        await this["send"].ClickAsync();
    }

    /// <summary>Types into a finder and takes what it offers.</summary>
    public async Task ChooseAsync(string finder, string text, string name)
    {
        await this[finder].FillAsync(text);
        await this[$"{finder}-option"].Filter(new() { HasText = name }).ClickAsync();
    }

    public async Task GoAwayAsync()
    {
        _wasAway = true;
        await Page.Context.SetOfflineAsync(true);
        _wire?.Pull();
    }

    public Task ComeBackAsync() => Page.Context.SetOfflineAsync(false);

    /// <summary>A picture for people to look at, when a folder for them is named.</summary>
    public async Task ShotAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SAMENSPRAAK_SHOTS") is not { Length: > 0 } folder) return;
        await Page.Mouse.MoveAsync(0, 0);
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
    }

    /// <summary>Everything that reached this browser: bodies, pushes, and the page as it stands.</summary>
    public async Task<string> AllSeenAsync() =>
        string.Join('\n', [.. await Task.WhenAll(_received), await Page.ContentAsync()]);

    /// <summary>No error in the console and nothing that the Content-Security-Policy had to stop.</summary>
    public void HasNoComplaints() => Assert.Empty(_complaints);

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    // Chromium itself reports each request that finds no network or was under way when the cable was pulled; that is what being away means.
    private void Complain(string text)
    {
        if (!_wasAway || !NoNetwork().IsMatch(text)) _complaints.Enqueue(text);
    }

    [GeneratedRegex("net::ERR_(INTERNET_DISCONNECTED|NETWORK_CHANGED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH|CONNECTION_[A-Z]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NoNetwork();

    private static async Task<string> TextOf(IResponse response)
    {
        try
        {
            return Encoding.Latin1.GetString(await response.BodyAsync());
        }
        catch (PlaywrightException)
        {
            return "";   // a request that was given up has no body
        }
    }
}

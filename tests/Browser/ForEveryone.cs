using Scenarios.Stage;

namespace Browser;

/// <summary>In two languages, on a phone, and for who sees or hears the screen differently.</summary>
public sealed class ForEveryone(Surgery surgery)
{
    private const string Topic = "Medicatie en autorijden";

    // Text, not markup: a key that has no words would stand there as itself.
    private const string BareKeys = @"\b(signIn|inbox|thread|composer|delivery|closing|context|consult|consent|keys|banner|problem)\.[a-z]+";

    [Fact]
    public async Task Dutch_and_English_at_once_and_the_choice_stays()
    {
        await OpenThreadAsync();
        await using var desk = await surgery.DeskAsync();
        await Expect(desk.Page.Locator("html")).ToHaveAttributeAsync("lang", "nl");
        await desk.SignInAsync("dr.jansen");
        await desk.Row(Topic).First.ClickAsync();
        await Expect(desk["close-thread"]).ToHaveTextAsync("Afsluiten");
        await desk["language-en"].ClickAsync();
        await Expect(desk["close-thread"]).ToHaveTextAsync("Close consult");
        await Expect(desk["participants"]).ToContainTextAsync("specialist");
        await Expect(desk.Page.Locator("html")).ToHaveAttributeAsync("lang", "en");
        Assert.DoesNotMatch(BareKeys, await desk.Page.InnerTextAsync("body"));

        await desk.Page.ReloadAsync();
        await Expect(desk["close-thread"]).ToHaveTextAsync("Close consult");
        await Expect(desk["thread-topic"]).ToHaveTextAsync(Topic);
        await desk["new-consult"].ClickAsync();
        await Expect(desk["start-consult"]).ToBeVisibleAsync();
        Assert.DoesNotMatch(BareKeys, await desk.Page.InnerTextAsync("body"));
        await desk["language-nl"].ClickAsync();
        await Expect(desk["new-consult"]).ToHaveTextAsync("Nieuw overleg");
        desk.HasNoComplaints();
    }

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public async Task Axe_finds_nothing_serious(string theme)
    {
        await OpenThreadAsync();
        await using var desk = await surgery.DeskAsync();
        if (theme == "dark") await desk.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await Expect(desk["sign-in-dr.jansen"]).ToBeVisibleAsync();
        await CheckAsync("sign-in");
        await desk.SignInAsync("dr.jansen");
        if (theme == "dark") await desk["theme"].ClickAsync();
        await Expect(desk.Page.Locator("html")).ToHaveAttributeAsync("data-mantine-color-scheme", theme);
        await Expect(desk.Row(Topic).First).ToContainTextAsync("Noor Smit");
        await CheckAsync("inbox");
        await desk.Row(Topic).First.ClickAsync();
        await Expect(desk.Messages.First).ToBeVisibleAsync();
        await CheckAsync("thread");
        await desk["close-thread"].ClickAsync();
        await Expect(desk["summary"]).ToBeVisibleAsync();
        await CheckAsync("closing");
        await desk.Page.Keyboard.PressAsync("Escape");
        await desk["new-consult"].ClickAsync();
        await desk.ChooseAsync("patient-search", "smit", "Noor Smit");
        await desk.ChooseAsync("recipient-search", "vries", "A. de Vries");
        await Expect(desk["consent-needed"]).ToBeVisibleAsync();
        await CheckAsync("new consult");
        desk.HasNoComplaints();

        async Task CheckAsync(string screen)
        {
            await desk.ShotAsync($"{theme}-{screen.Replace(' ', '-')}");
            await desk.Page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "Workspace", "node_modules", "axe-core", "axe.min.js")));
            var found = await desk.Page.EvaluateAsync<string[]>("""
                async () => (await axe.run()).violations.filter(each => ['serious', 'critical'].includes(each.impact))
                  .flatMap(each => each.nodes.map(node => `${each.id}: ${node.target} ${node.failureSummary}`))
                """);
            Assert.True(found.Length == 0, $"{screen} ({theme}):\n{string.Join('\n', found)}");
        }
    }

    [Fact]
    public async Task On_a_phone_one_pane_at_a_time_and_nothing_sideways()
    {
        await OpenThreadAsync();
        await using var desk = await surgery.DeskAsync(390, 844);
        await desk.SignInAsync("dr.jansen");
        await Expect(desk.Row(Topic).First).ToContainTextAsync("Noor Smit");
        await Expect(desk.Row(Topic).First).ToContainTextAsync("S. Bakker");
        await FitsAsync();
        await desk.ShotAsync("phone-inbox");
        await desk.Row(Topic).First.ClickAsync();
        await Expect(desk["composer"]).ToBeInViewportAsync();
        await Expect(desk["inbox"]).ToBeHiddenAsync();
        await Expect(desk.Messages.First).ToBeVisibleAsync();
        await FitsAsync();
        await desk.ShotAsync("phone-thread");
        await desk["details"].ClickAsync();
        await Expect(desk["patient-banner"]).ToBeInViewportAsync();
        await desk.ShotAsync("phone-details");
        await desk.Page.Keyboard.PressAsync("Escape");
        await desk["back"].ClickAsync();
        await Expect(desk["inbox"]).ToBeVisibleAsync();
        await desk["new-consult"].ClickAsync();
        await Expect(desk["patient-search"]).ToBeVisibleAsync();
        await FitsAsync();
        await desk.ShotAsync("phone-new-consult");
        desk.HasNoComplaints();

        async Task FitsAsync() => Assert.InRange(await desk.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, 390);
    }

    private async Task OpenThreadAsync()
    {
        using var jansen = await surgery.PersonAsync("dr.jansen");
        using var bakker = await surgery.PersonAsync("dr.bakker");
        var thread = (await jansen.OpenThreadAsync("Patient/patient-08", bakker, Topic, "Mag mevrouw met deze medicatie rijden?")).Must(201).Key;
        (await bakker.SayAsync(thread, "Ja, na twee weken zonder klachten. Ik stuur u de richtlijn toe.")).Must(200, 201);
    }
}

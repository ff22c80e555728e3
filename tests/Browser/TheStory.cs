using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Scenarios.Stage;

namespace Browser;

/// <summary>A GP consults a company doctor, and the outcome lands in the GP's practice system: told in two browsers.</summary>
public sealed class TheStory(Surgery surgery)
{
    private const string Patient = "Fatima van den Berg";
    private const string Topic = "Belastbaarheid bij aanhoudende rugklachten";
    private const string Question = "Mevrouw heeft sinds zes weken lage rugpijn, zonder uitval. Ze tilt veel in het magazijn. Wat kan ze nu aan op het werk?";
    private const string Answer = "Dank voor de duidelijke vraag. Tillen boven 5 kg raad ik nu af; begeleidende taken kan ze wel doen. Neemt de pijn af met bewegen?";
    private const string Conclusion = "Werkgerelateerde rugklachten. Opbouw in drie weken naar volledige uren, zonder tillen boven 5 kg; coördinatie door dr. De Vries.";
    private const string WrittenAway = "Aanvulling: vrijdag heb ik nog plek op het spreekuur, dan kan ik haar zelf onderzoeken.";
    private static readonly string[] Meanwhile = ["Ja, wandelen gaat goed en de nachten zijn rustig.", "Fysiotherapie start maandag.", "Ze wil graag weer beginnen, met halve dagen."];

    [Fact]
    public async Task Two_doctors_consult_each_other_and_the_summary_reaches_the_practice_system()
    {
        await AlreadyThereAsync();
        await using var jansen = await surgery.DeskAsync();
        using var wire = surgery.Wire();
        await using var devries = await surgery.DeskAsync(wire: wire);
        await jansen.ShotAsync("sign-in");
        await jansen.SignInAsync("dr.jansen");
        await devries.SignInAsync("dr.devries");
        await Expect(jansen["me"]).ToContainTextAsync("J. Jansen");
        await Expect(devries["inbox-row"]).ToHaveCountAsync(0);
        foreach (var desk in new[] { jansen, devries }) await desk.Page.EvaluateAsync("window.sameTab = true");

        await WithoutConsentNothingStartsAsync(jansen);
        await RecordConsentAndStartAsync(jansen);
        await TalkLiveAsync(jansen, devries);
        await CatchUpAsync(jansen, devries);
        await CloseAsync(jansen);
        await DeliveredAsync(jansen);
        await OpenTheDocumentAsync(jansen);
        await SeenClosedWithoutBsnAsync(devries);

        foreach (var desk in new[] { jansen, devries })
        {
            Assert.True(await desk.Page.EvaluateAsync<bool>("window.sameTab === true"), "The page was loaded anew.");
            desk.HasNoComplaints();
        }
    }

    // Between GP and specialist consent is presumed; Dr de Vries must see nothing of these two.
    private async Task AlreadyThereAsync()
    {
        using var jansen = await surgery.PersonAsync("dr.jansen");
        using var bakker = await surgery.PersonAsync("dr.bakker");
        (await jansen.OpenThreadAsync("Patient/patient-06", bakker, "Verwijzen voor een echo van het hart?", "Mevrouw is sneller moe dan een half jaar geleden.", "referral-question")).Must(201);
        var urgent = (await jansen.PostAsync("Communication/$open-thread", Person.Parameters(
            ("subject", "valueReference", Person.Reference("Patient/patient-11")), ("recipient", "valueReference", Person.Reference(bakker.Role)),
            ("topic", "valueString", "Hartkloppingen na start levothyroxine"), ("category", "valueCode", "advice"), ("priority", "valueCode", "urgent"),
            ("text", "valueString", "Sinds de start dagelijks hartkloppingen. Dosering verlagen?")))).Must(201).Key;
        (await bakker.SayAsync(urgent, "Halveer de dosis en maak vandaag een ecg.")).Must(200, 201);
    }

    private async Task WithoutConsentNothingStartsAsync(Desk jansen)
    {
        await jansen["new-consult"].ClickAsync();
        await jansen.ChooseAsync("patient-search", "berg", Patient);
        await jansen.ChooseAsync("recipient-search", "vries", "A. de Vries");
        await jansen["topic"].FillAsync(Topic);
        await jansen["question"].FillAsync(Question);
        await Expect(jansen["consent-needed"]).ToContainTextAsync("Er is nog geen toestemming");
        await Expect(jansen["needs"]).ToHaveTextAsync("Nog nodig:toestemming van de patiënt");
        await Expect(jansen["start-consult"]).ToBeDisabledAsync();
        await jansen["consent-needed"].ScrollIntoViewIfNeededAsync();
        await jansen.ShotAsync("new-consult-consent-needed");

        // The page only tells beforehand what the server would say.
        using var byHand = await surgery.PersonAsync("dr.jansen");
        using var devries = await surgery.PersonAsync("dr.devries");
        Assert.Contains("onsent", (await byHand.OpenThreadAsync("Patient/patient-02", devries, Topic, Question)).Refused(403, 409, 422), StringComparison.Ordinal);
        Assert.Empty(await byHand.SearchAsync("Communication?subject=Patient/patient-02"));
        Assert.Empty(await devries.InboxAsync());
    }

    private static async Task RecordConsentAndStartAsync(Desk jansen)
    {
        await Expect(jansen["consent-record"]).ToBeDisabledAsync();
        await jansen["consent-agreed"].CheckAsync();
        await jansen["consent-record"].ClickAsync();
        await Expect(jansen["consent-found"]).ToContainTextAsync("A. de Vries");
        await jansen.ShotAsync("new-consult-consent-found");
        await jansen["start-consult"].ClickAsync();
        await Expect(jansen["thread-topic"]).ToHaveTextAsync(Topic);
        await Expect(jansen.Messages).ToHaveCountAsync(1);
        await Expect(jansen["consent-state"]).ToHaveAttributeAsync("data-state", "active");
    }

    private static async Task TalkLiveAsync(Desk jansen, Desk devries)
    {
        await Expect(devries.Row(Topic)).ToBeVisibleAsync();
        await Expect(devries.Row(Topic)).ToHaveAttributeAsync("data-unread", "1");
        await Expect(jansen.Messages.First.GetByTestId("ticks")).ToHaveAttributeAsync("data-read", "false");
        await devries.Row(Topic).ClickAsync();
        await Expect(devries.Messages).ToHaveTextAsync([new Regex("Mevrouw heeft")]);
        await Expect(jansen.Messages.First.GetByTestId("ticks")).ToHaveAttributeAsync("data-all", "true");
        await Expect(devries["unread-badge"]).ToHaveCountAsync(0);

        await devries.SayAsync(Answer);
        await Expect(jansen.Saying(Answer)).ToBeVisibleAsync();
        await Expect(devries.Saying(Answer).GetByTestId("ticks")).ToHaveAttributeAsync("data-all", "true");
        await Expect(devries["read-by"]).ToContainTextAsync("Gelezen door J. Jansen");
    }

    private static async Task CatchUpAsync(Desk jansen, Desk devries)
    {
        await devries.GoAwayAsync();
        await Expect(devries["offline-banner"]).ToBeVisibleAsync();
        await Expect(devries["live"]).ToHaveAttributeAsync("data-live", "false");
        await devries.SayAsync(WrittenAway);
        await Expect(devries["pending-message"]).ToHaveCountAsync(1);
        foreach (var text in Meanwhile)
        {
            await jansen.SayAsync(text);
            await Expect(jansen.Saying(text)).ToBeVisibleAsync();
        }
        await Expect(jansen["pending-message"]).ToHaveCountAsync(0);
        await Expect(devries.Messages).ToHaveCountAsync(2);

        await devries.ComeBackAsync();
        await Expect(devries.Messages).ToHaveCountAsync(6);
        await Expect(jansen.Messages).ToHaveCountAsync(6);
        await Expect(devries["pending-message"]).ToHaveCountAsync(0);
        await Expect(devries["offline-banner"]).ToBeHiddenAsync();
        string[] inOrder = [Question, Answer, .. Meanwhile, WrittenAway];
        foreach (var desk in new[] { jansen, devries })
        {
            Assert.Equal(["1", "2", "3", "4", "5", "6"], await desk.Messages.EvaluateAllAsync<string[]>("all => all.map(each => each.dataset.seq)"));
            var said = await desk.Messages.AllInnerTextsAsync();
            Assert.All(inOrder.Zip(said), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
        }
        await Expect(jansen.Saying(Meanwhile[^1]).GetByTestId("ticks")).ToHaveAttributeAsync("data-all", "true");
        await Expect(devries.Saying(WrittenAway).GetByTestId("ticks")).ToHaveAttributeAsync("data-all", "true");
        await Expect(jansen.Row(Topic)).ToHaveAttributeAsync("data-unread", "0");
        await jansen.ShotAsync("thread");
        await devries.ShotAsync("thread-company-doctor");
    }

    private static async Task CloseAsync(Desk jansen)
    {
        await jansen["close-thread"].ClickAsync();
        await Expect(jansen["summary-question"]).ToHaveValueAsync(new Regex("lage rugpijn"));
        await jansen["summary"].FillAsync(Conclusion);
        await jansen["summary-agreements"].FillAsync("De bedrijfsarts ziet haar over drie weken terug.");
        await jansen.ShotAsync("closing");
        await jansen["confirm-close"].ClickAsync();
        await Expect(jansen["close-dialog"]).ToBeHiddenAsync();
        await Expect(jansen["closed-bar"]).ToBeVisibleAsync();
        await Expect(jansen["composer"]).ToHaveCountAsync(0);
    }

    private async Task DeliveredAsync(Desk jansen)
    {
        await Expect(jansen["delivery-state"]).ToHaveAttributeAsync("data-state", "accepted");
        await Expect(jansen["delivery-detail"]).ToContainTextAsync("Huisartsenpraktijk De Linde");
        var message = await File.ReadAllTextAsync(Assert.Single(surgery.PracticeSystem.Messages), Encoding.UTF8);
        Assert.Contains("999903743", message, StringComparison.Ordinal);
    }

    private static async Task OpenTheDocumentAsync(Desk jansen)
    {
        await Expect(jansen["document"]).ToHaveCountAsync(1);
        await jansen.ShotAsync("closed");
        var saved = await jansen.Page.RunAndWaitForDownloadAsync(() => jansen["document-pdf"].ClickAsync());
        Assert.Equal($"{Topic}.pdf", saved.SuggestedFilename);
        var text = await PdfTextAsync(await saved.PathAsync());
        Assert.Contains("zonder tillen boven 5 kg", text, StringComparison.Ordinal);
        Assert.Contains("coördinatie", text, StringComparison.Ordinal);
        await jansen["documents"].GetByTestId("view-pdf").ClickAsync();
        await Expect(jansen.Page.Locator("iframe")).ToHaveAttributeAsync("src", new Regex("^blob:"));
        await jansen.ShotAsync("closed-pdf");
        await jansen.Page.Keyboard.PressAsync("Escape");
    }

    private static async Task SeenClosedWithoutBsnAsync(Desk devries)
    {
        await Expect(devries["closed-bar"]).ToBeVisibleAsync();
        await Expect(devries["composer"]).ToHaveCountAsync(0);
        await Expect(devries["patient-banner"]).ToContainTextAsync(Patient);
        await devries.ShotAsync("closed-company-doctor");
        var pdf = await devries.Page.RunAndWaitForDownloadAsync(() => devries["document-pdf"].ClickAsync());
        var bundle = await devries.Page.RunAndWaitForDownloadAsync(() => devries["document-other"].ClickAsync());
        var seen = await devries.AllSeenAsync() + await PdfTextAsync(await pdf.PathAsync()) + await File.ReadAllTextAsync(await bundle.PathAsync());
        Assert.Contains("SUBSETTED", seen, StringComparison.Ordinal);
        Assert.Contains("\"Composition\"", seen, StringComparison.Ordinal);
        foreach (var number in Surgery.Bsns.Append("DL1002")) Assert.DoesNotContain(number, seen, StringComparison.Ordinal);
    }

    private static async Task<string> PdfTextAsync(string file)
    {
        Assert.Equal("%PDF-"u8.ToArray(), (await File.ReadAllBytesAsync(file))[..5]);
        using var reader = Process.Start(new ProcessStartInfo("pdftotext", ["-layout", file, "-"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        return string.Join(' ', (await reader.StandardOutput.ReadToEndAsync()).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}

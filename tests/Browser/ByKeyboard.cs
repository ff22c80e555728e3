using System.Text.RegularExpressions;

namespace Browser;

/// <summary>The whole way without a mouse: list, thread, answer, new consult.</summary>
public sealed class ByKeyboard(Surgery surgery)
{
    [Fact]
    public async Task From_the_list_to_an_answer_and_a_new_consult()
    {
        using (var jansen = await surgery.PersonAsync("dr.jansen"))
        using (var bakker = await surgery.PersonAsync("dr.bakker"))
        {
            (await jansen.OpenThreadAsync("Patient/patient-07", bakker, "Hartkloppingen bij traplopen", "Is nader onderzoek zinvol?", "referral-question")).Must(201);
            (await jansen.OpenThreadAsync("Patient/patient-12", bakker, "Druk op de borst bij inspanning", "Verwijzen of afwachten?", "referral-question")).Must(201);
        }
        await using var desk = await surgery.DeskAsync();
        await WalkToAsync(desk, "sign-in-dr.jansen");
        await desk.Page.Keyboard.PressAsync("Enter");
        var rows = desk["inbox-row"];
        await Expect(desk["live"]).ToHaveAttributeAsync("data-live", "true");
        await Expect(rows.Nth(1)).ToBeVisibleAsync();

        await desk.Page.Keyboard.PressAsync("?");
        await Expect(desk.Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Volgende in de lijst");
        await desk.Page.Keyboard.PressAsync("Escape");
        await Expect(desk.Page.GetByRole(AriaRole.Dialog)).ToBeHiddenAsync();

        await desk.Page.Keyboard.PressAsync("j");
        await Expect(rows.Nth(0)).ToBeFocusedAsync();
        await desk.Page.Keyboard.PressAsync("j");
        await Expect(rows.Nth(1)).ToBeFocusedAsync();
        await desk.Page.Keyboard.PressAsync("k");
        await Expect(rows.Nth(0)).ToBeFocusedAsync();
        await Expect(rows.Nth(0)).ToContainTextAsync("Druk op de borst");
        await desk.Page.Keyboard.PressAsync("Enter");
        await Expect(desk["thread-topic"]).ToHaveTextAsync("Druk op de borst bij inspanning");

        await Expect(desk["composer"]).ToBeVisibleAsync();
        await desk.Page.Keyboard.PressAsync("r");
        await Expect(desk["composer"]).ToBeFocusedAsync();
        await desk.Page.Keyboard.TypeAsync("Zie ook c, j en k in het ecg?");
        await desk.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(desk.Saying("Zie ook c, j en k in het ecg?")).ToBeVisibleAsync();

        await WalkToAsync(desk, "attach");
        await desk.Page.Keyboard.PressAsync("u");
        await Expect(desk["thread-topic"]).ToHaveCountAsync(0);
        await Expect(rows.Nth(0)).ToBeFocusedAsync();

        await desk.Page.Keyboard.PressAsync("c");
        await Expect(desk["patient-search"]).ToBeFocusedAsync();
        await TakeFirstAsync(desk, "patient-search", "hoekstra");
        await Expect(desk["chosen-patient"]).ToContainTextAsync("Sjoerd Hoekstra");
        await WalkToAsync(desk, "recipient-search");
        await TakeFirstAsync(desk, "recipient-search", "bakker");
        await WalkToAsync(desk, "topic");
        await desk.Page.Keyboard.TypeAsync("Uitslag holteronderzoek");
        await WalkToAsync(desk, "question");
        await desk.Page.Keyboard.TypeAsync("Is de uitslag er al?");
        await desk.Page.Keyboard.PressAsync("Control+Enter");
        await Expect(desk["thread-topic"]).ToHaveTextAsync("Uitslag holteronderzoek");
        await Expect(desk.Messages).ToHaveTextAsync([new Regex("Is de uitslag er al")]);
        desk.HasNoComplaints();
    }

    private static async Task TakeFirstAsync(Desk desk, string finder, string text)
    {
        await desk.Page.Keyboard.TypeAsync(text);
        await Expect(desk[$"{finder}-option"]).ToHaveCountAsync(1);
        await desk.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(desk[$"{finder}-option"]).ToHaveAttributeAsync("data-combobox-selected", "true");
        await desk.Page.Keyboard.PressAsync("Enter");
    }

    // Tab, as often as a patient person would.
    private static async Task WalkToAsync(Desk desk, string testId)
    {
        await Expect(desk[testId]).ToBeAttachedAsync();
        for (var steps = 0; steps < 30; steps++)
        {
            await desk.Page.Keyboard.PressAsync("Tab");
            if (await desk[testId].EvaluateAsync<bool>("it => it === document.activeElement")) return;
        }
        Assert.Fail($"Tab does not lead to '{testId}'.");
    }
}

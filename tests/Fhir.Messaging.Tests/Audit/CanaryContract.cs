using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Messaging.Tests.RealtimeTests;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Fhir.Messaging.Tests.Clinic.TestClinic;
using Op = Fhir.Messaging.Tests.Clinic.Threads;

namespace Fhir.Messaging.Tests.AuditTests;

/// <summary>J11: names, numbers and texts of patients go down every path, good and bad, and are found in no log, measurement, audit row, header or refusal.</summary>
public abstract class CanaryContract
{
    private const string Name = "Kanarievogel", Bsn = "999990561", Text = "Fluitgeheim", Date = "1931-07-29";
    private static readonly string[] Canaries = [Name, Bsn, Text, Date];

    protected abstract Task<TenantDatabase> EmptyAsync();

    [Fact]
    public async Task J11_What_is_a_patients_is_in_no_log_measurement_audit_row_header_or_refusal()
    {
        using var log = new LogLines();
        var measured = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var meters = Listen(measured);
        await using var clinic = await TestClinic.OpenAsync(EmptyAsync, add: services => services.AddSingleton<ILoggerProvider>(log)
            .Configure<LoggerFilterOptions>(o => o.Rules.Add(new(null, "Microsoft.AspNetCore", LogLevel.Warning, null))));   // as the Host has it
        await clinic.Get<Dispatch>().StopAsync(default);
        var answers = await EverywhereAsync(clinic);
        Assert.Contains(answers, got => got.Code == 200 && got.Text.Contains(Name, StringComparison.Ordinal));   // the canary was alive
        Assert.True(answers.Count(got => got.Code >= 400) >= 25, $"{answers.Count(got => got.Code >= 400)} refusals");
        foreach (var got in answers.Where(got => got.Code >= 400)) Silent(got.Text, $"a refusal: {got.Code}");
        foreach (var got in answers) Silent(string.Join('\n', got.Headers.Concat(got.Content).Select(h => $"{h.Key}: {string.Join(',', h.Value)}")), $"headers of {got.Code}");
        foreach (var line in log.All) Silent(line, "the log");
        Assert.NotEmpty(measured);
        foreach (var line in measured) Silent(line, "a measurement");
        foreach (var path in (string[])["/health/live", "/health/ready", "/fhir/metadata"]) Silent((await clinic.Jansen.Get(path)).Text, path);
        var rows = await RowsAsync(clinic);
        Assert.True(rows.Count > answers.Count, $"{rows.Count} rows");
        foreach (var row in rows) Silent(row, "the audit");
        Silent((await clinic.As("privacy").Get("/fhir/AuditEvent?_count=500")).Text, "AuditEvents");
    }

    private static void Silent(string text, string where)
    {
        foreach (var canary in Canaries) Assert.False(text.Contains(canary, StringComparison.OrdinalIgnoreCase), $"{canary} in {where}: {text[..Math.Min(text.Length, 600)]}");
    }

    private static async Task<List<Got>> EverywhereAsync(TestClinic clinic)
    {
        var all = new List<Got>();
        var made = await clinic.Jansen.Post("/fhir/Patient", PatientJson());
        all.Add(made);
        var patient = $"Patient/{made.Id}";
        foreach (var client in (Client[])[clinic.Jansen, clinic.DeVries, clinic.System, clinic.As("privacy"), new(clinic.Url, null)])
        {
            foreach (var query in (string[])[$"family={Name}", $"identifier={Bsn}", $"identifier={ClinicUrls.Bsn}|{Bsn}", $"birthdate={Date}x", $"birthdate={Date}", $"_has:Observation:subject:code={Text}", $"link.name={Name}", $"_sort={Name}", $"_count={Name}", $"_page={Name}", $"_lastUpdated={Name}", $"_format={Name}"])
            {
                all.Add(await client.Get($"/fhir/Patient?{query}"));
                all.Add(await client.SendBytes("POST", "/fhir/Patient/_search", System.Text.Encoding.UTF8.GetBytes(query), "application/x-www-form-urlencoded"));
            }
            all.Add(await client.Get($"/fhir/{patient}"));
            all.Add(await client.Post("/fhir/Patient", $$"""{"resourceType":"Patient","name":"{{Name}}"}"""));
            all.Add(await client.Post("/fhir/Patient", $$"""{"resourceType":"Patient","gender":"{{Text}}","birthDate":"{{Date}}T","identifier":[{"value":{{Bsn}}}]}"""));
            all.Add(await client.Post("/fhir/Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{Name}}" """));
            all.Add(await client.Post("/fhir/Observation", $$$"""{"resourceType":"Observation","status":"{{{Text}}}","code":{"text":"{{{Name}}}"},"subject":{"reference":"Patient?identifier={{{Bsn}}}"}}"""));
            all.Add(await client.Post("/fhir/Patient", PatientJson(), ("If-None-Exist", $"family={Name}&{Text}")));
            all.Add(await client.Put($"/fhir/{patient}", PatientJson(), ("If-Match", $"W/\"{Text}\"")));
            all.Add(await client.Send("PATCH", $"/fhir/{patient}", $$"""{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"{{Text}}"},{"name":"path","valueString":"Patient.name.where(family='{{Name}}')"},{"name":"value","valueString":"{{Text}}"}]}]}"""));
            all.Add(await client.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient","name":[{"family":"{{{Name}}}"}],"gender":"{{{Text}}}"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier={{{Bsn}}}"}}]}"""));
            all.Add(await client.Post("/fhir", $$$"""{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?family={{{Name}}}&_sort={{{Text}}}"}},{"request":{"method":"DELETE","url":"Patient?identifier={{{Bsn}}}&gender=other"}}]}"""));
            all.Add(await client.Post("/fhir/Patient/$validate", $$"""{"resourceType":"Patient","gender":"{{Text}}","birthDate":"{{Date}}Z"}"""));
            all.Add(await client.Post("/fhir/$fhirpath", $$$"""{"resourceType":"Parameters","parameter":[{"name":"expression","valueString":"name.where(family = '{{{Name}}}"}]}"""));
            all.Add(await Op.Open(client, patient, ["dr.devries"], Text));
            all.Add(await client.Post("/fhir/Communication", $$$"""{"resourceType":"Communication","status":"completed","subject":{"reference":"{{{patient}}}"},"payload":[{"contentString":"{{{Text}}}"}],"topic":{"text":"{{{Name}}}"},"sent":"{{{Text}}}"}"""));
            all.Add(await client.Get($"/fhir/AuditEvent?agent={Name}&entity-type={Text}"));
        }
        var thread = Ok(await Op.Open(clinic.Jansen, patient, ["dr.bakker"], Text), 201).Id;
        all.AddRange([await Op.Send(clinic.Bakker, thread, $"{Text} {Name}"), await Op.Send(clinic.Bakker, thread, Text, clientId: Text), await Op.Messages(clinic.Bakker, thread), await Op.Inbox(clinic.Bakker), await Op.Close(clinic.Jansen, thread, Text)]);
        await clinic.Get<Dispatch>().RunOnceAsync(default);
        await using (var hub = await HubClient.ConnectAsync(clinic.Url, clinic.Token("dr.bakker"))) await hub.ResumeAsync(Text);
        return all;
    }

    private static string PatientJson() =>
        $$"""{"resourceType":"Patient","identifier":[{"system":"{{ClinicUrls.Bsn}}","value":"{{Bsn}}"}],"name":[{"family":"{{Name}}"}],"birthDate":"{{Date}}"}""";

    /// <summary>All columns of all rows of the audit and of who did it, as text and as bytes.</summary>
    private static async Task<List<string>> RowsAsync(TestClinic clinic)
    {
        static string Row(System.Data.Common.DbDataReader r) => string.Join('|', Enumerable.Range(0, r.FieldCount).Select(i => r.IsDBNull(i) ? "" : r.GetValue(i) is byte[] bytes ? System.Text.Encoding.Latin1.GetString(bytes) : $"{r.GetValue(i)}"));
        await using var reads = await clinic.Database.ReadAuditAsync(default);
        var rows = await reads.QueryAsync(Sql.Of($"select * from audit_read"), Row, default);
        rows.AddRange(await reads.QueryAsync(Sql.Of($"select * from audit_read_agent"), Row, default));
        rows.AddRange(await clinic.Database.QueryAsync(Sql.Of($"select * from audit_write"), Row, default));
        rows.AddRange(await clinic.Database.QueryAsync(Sql.Of($"select * from audit_write_agent"), Row, default));
        return rows;
    }

    private static MeterListener Listen(System.Collections.Concurrent.ConcurrentQueue<string> measured)
    {
        var listener = new MeterListener { InstrumentPublished = (instrument, self) => self.EnableMeasurementEvents(instrument) };
        void Take<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) where T : struct
        {
            var told = instrument.Name;
            foreach (var tag in tags) told += $" {tag.Key}={tag.Value}";
            measured.Enqueue(told);
        }
        listener.SetMeasurementEventCallback<long>(Take);
        listener.SetMeasurementEventCallback<int>(Take);
        listener.SetMeasurementEventCallback<double>(Take);
        listener.Start();
        return listener;
    }
}

public sealed class CanaryOnSqlite : CanaryContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.SqliteAsync(); }
public sealed class CanaryOnPostgres : CanaryContract { protected override Task<TenantDatabase> EmptyAsync() => TestDatabase.PostgresAsync(); }

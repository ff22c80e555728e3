using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Json;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;

namespace Fhir.Server.Api.Bulk;

/// <summary>$export — https://hl7.org/fhir/uv/bulkdata/export.html#bulk-data-kick-off-request</summary>
public static class Export
{
    private const string Definitions = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/";
    private static readonly Issue MayNot = new(IssueKind.Forbidden, "This role exports nothing here.");
    internal static readonly Issue NotAsync = new(IssueKind.Invalid, "An export is asked for with Prefer: respond-async.", "http.Prefer") { Code = "required" };

    public static void Map(RouteGroupBuilder fhir)
    {
        fhir.MapOperation(new("export", Operation.NoType, OperationLevel.System, $"{Definitions}export") { AffectsState = false, TakesParameters = true }, Right.Export, EverythingAsync);
        fhir.MapOperation(new("export", "Patient", OperationLevel.Type, $"{Definitions}patient-export") { AffectsState = false, TakesParameters = true }, Right.Export with { Type = "Patient" }, PatientsAsync);
        fhir.MapOperation(new("export", "Group", OperationLevel.Instance, $"{Definitions}group-export") { AffectsState = false, TakesParameters = true }, Right.Export with { Type = "Group" }, GroupAsync);
    }

    private static Task<IResult> EverythingAsync(HttpContext context, Caller caller, ExportStart start, ResourceStore store, CancellationToken stop) =>
        caller.Sees.SeesAll || caller.Sees.Role.Kind == RoleKind.System ? StartAsync(ExportScope.System, context, caller, start, store, stop) : Task.FromResult<IResult>(Refusal.Of(MayNot));

    private static Task<IResult> PatientsAsync(HttpContext context, Caller caller, ExportStart start, ResourceStore store, CancellationToken stop) =>
        MayExportPatients(caller.Sees) ? StartAsync(ExportScope.Patients, context, caller, start, store, stop) : Task.FromResult<IResult>(Refusal.Of(MayNot));

    private static async Task<IResult> GroupAsync(string id, HttpContext context, Caller caller, ExportStart start, ResourceStore store, TenantDatabase database, CancellationToken stop)
    {
        if (!MayExportPatients(caller.Sees)) return Refusal.Of(MayNot);
        if ((await store.ReadAsync(new("Group", id), caller.Sees, stop)).Failed(out var issue, out var group)) return Refusal.Of(issue);
        return await StartAsync(ExportScope.Of(group.Rid, await MembersAsync(group, database, stop)), context, caller, start, store, stop);
    }

    // Whoever stands on the ground of a practice takes its patients with her; the company doctor and the patient pull nothing.
    internal static bool MayExportPatients(AccessContext sees) =>
        sees.SeesAll || sees.Role.Kind == RoleKind.System || (sees.Role.Kind == RoleKind.Person && sees.Role.StandsOn(Ground.Practice));

    private static async Task<IResult> StartAsync(ExportScope whole, HttpContext context, Caller caller, ExportStart start, ResourceStore store, CancellationToken stop)
    {
        if (!Prefer.Of(context.Request).Async) return Refusal.Of(NotAsync);
        if ((await ExportParameters.ReadAsync(context.Request, stop)).Failed(out var issue, out var parameters)) return Refusal.Of(issue);
        if (ExportRequest.Parse(parameters.Others, whole, caller.Sees, start.Definitions).Failed(out issue, out var asked)) return Refusal.Of(issue);
        if (await start.NotYetAsync(asked.Filters, stop) is { } notYet) return Refusal.Of(notYet);
        if ((await parameters.NarrowedAsync(whole, caller, store, Base.Of(context), stop)).Failed(out issue, out var scope)) return Refusal.Of(issue);
        if (await start.IsFullAsync(caller, stop)) return Refusal.TooMany(TimeSpan.FromMinutes(10));
        var id = await start.RunAsync(asked, scope, context.Request.GetEncodedUrl(), caller, stop);
        var concerned = await start.ConcernedAsync(asked.Filters, caller.Sees, stop);
        return new Accepted(Jobs.AddressOf(id), [.. concerned.Union(scope.Named.Select(rid => -rid))]);
    }

    // Who has left the group is not in it.
    private static async Task<IReadOnlyList<long>> MembersAsync(ResourceVersion group, TenantDatabase database, CancellationToken stop)
    {
        if (JsonReader.Read(group.Body, DefinitionSet.R4).Failed(out _, out var content)) return [];
        var patients = content.Each("member").Where(member => member["inactive"].Text != "true").Select(member => member["entity"]["reference"].Text?.Split('/'))
            .Where(path => path is ["Patient", _]).Select(path => ((long)AccessTable.Number("Patient"), path![1])).Distinct().ToList();
        if (patients.Count == 0) return [];
        await using var session = await database.ReadAsync(snapshot: false, stop);
        return await session.QueryPairsAsync("select rid from res", patients, r => r.GetInt64(0), stop);
    }
}

using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Operations;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Outcomes;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Resources;
using Microsoft.AspNetCore.Http;

namespace Fhir.Server.Api.Bulk;

/// <summary>The parameters of a kick-off, by GET or by POST — https://hl7.org/fhir/uv/bulkdata/export.html#query-parameters. Patients can be named by POST alone: no address tells of them.</summary>
internal sealed record ExportParameters(IReadOnlyList<KeyValuePair<string, string>> Others, IReadOnlyList<string> Patients)
{
    private const int MostPatients = 1_000;   // each is looked up
    private static readonly Issue NoPatients = new(IssueKind.Invalid, "Only an export of patients or of a Group names them.", "patient");
    private static readonly Issue TooMany = new(IssueKind.Unsupported, $"At most {MostPatients} patients can be named; a Group can hold more.", "patient") { Code = "too-costly" };
    // Hidden, missing, and no member of the Group are the same.
    private static readonly Issue Unknown = new(IssueKind.Invalid, "A patient that is named is not among those that would be exported.", "patient") { Code = "not-found" };

    public static async Task<Result<ExportParameters>> ReadAsync(HttpRequest request, CancellationToken stop)
    {
        var (others, patients) = (Links.Pairs(request.Query).ToList(), new List<string>());
        if (!HttpMethods.IsPost(request.Method) || (request.ContentLength is null or 0 && request.ContentType is null)) return new ExportParameters(others, patients);
        if ((await RequestBody.ReadAsync(request, stop)).Failed(out var issue, out var body)) return issue;
        if (body.Resource.Type != "Parameters") return new Issue(IssueKind.Invalid, "The body of an operation is a Parameters resource.", "Parameters");
        foreach (var parameter in body.Resource.Each("parameter"))
        {
            var (name, value) = (parameter["name"].Text ?? "", parameter["value"]);
            if (name == "patient") patients.Add(value["reference"].Text ?? "");
            else others.Add(new(name, value.Text ?? ""));
        }
        return new ExportParameters(others, patients);
    }

    /// <summary>What is exported when only the patients that are named count.</summary>
    public async Task<Result<ExportScope>> NarrowedAsync(ExportScope whole, Caller caller, ResourceStore store, string baseUrl, CancellationToken stop)
    {
        if (Patients.Count == 0) return whole;
        if (!whole.OfPatients) return NoPatients;
        if (Patients.Count > MostPatients) return TooMany;
        var rids = new List<long>();
        foreach (var text in Patients.Distinct(StringComparer.Ordinal))
        {
            if (KeyOf(text, baseUrl) is not { } key || (await store.ReadAsync(key, caller.Sees, stop)).Failed(out _, out var patient) || whole.Members?.Contains(patient.Rid) == false) return Unknown;
            rids.Add(patient.Rid);
        }
        return whole.Only(rids);
    }

    private static ResourceKey? KeyOf(string text, string baseUrl) =>
        Reference.TryParse(text, out var reference) && reference is { Type: "Patient", Id: { } id } && (reference.Form == ReferenceForm.Relative || reference.Base == baseUrl) ? new("Patient", id) : null;
}

using System.Text;
using System.Text.Json.Nodes;
using Fhir.Messaging.Tests.Clinic;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Tests;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.Tests.CareTests;

/// <summary>The two operations in short words. A change with a null value leaves the parameter out.</summary>
internal static class CareCalls
{
    private static readonly HashSet<string> OfEachRequest = new(["X-Request-Id", "Date"], StringComparer.OrdinalIgnoreCase);
    public const string Bsn = "999990019", Born = "1975-03-18";

    public static Task<Got> Declare(this Client by, params (string Name, JsonNode? Value)[] changes) => by.Post("/fhir/Patient/$declare-care", Body("care-reason", "locum", changes));

    public static Task<Got> BreakGlass(this Client by, params (string Name, JsonNode? Value)[] changes) => by.Post("/fhir/Patient/$break-glass", Body("break-glass-reason", "unconscious", changes));

    /// <summary>A person who proved just now, with a stronger means, who she is.</summary>
    public static Client SteppedUp(this TestClinic clinic, string user) => With(clinic, new(user, "user/*.cruds", TimeSpan.FromMinutes(60)) { PractitionerRole = $"PractitionerRole/{user}", SteppedUp = true });

    public static Client Privacy(this TestClinic clinic) => With(clinic, new("privacy", "user/*.cruds", TimeSpan.FromMinutes(60)) { Role = Role.PrivacyOfficer });

    public static Client PatientHerself(this TestClinic clinic, string patient = "Patient/p1") =>
        With(clinic, new(patient, "patient/*.rs", TimeSpan.FromMinutes(60)) { Role = Role.Patient, FhirUser = patient });

    public static Client With(this TestClinic clinic, TokenFor token) => new(clinic.Url, clinic.Get<TokenIssuer>().Issue(token));

    public static JsonObject Coding(string system, string code) => new() { ["system"] = $"{ClinicUrls.Base}/CodeSystem/{system}", ["code"] = code };
    public static JsonObject Identifier(string value, string system = ClinicUrls.Bsn) => new() { ["system"] = system, ["value"] = value };

    private static string Body(string reasons, string reason, (string Name, JsonNode? Value)[] changes)
    {
        var values = new Dictionary<string, JsonNode?>(StringComparer.Ordinal)
        {
            ["identifier"] = Identifier(Bsn), ["birthDate"] = Born, ["reason"] = Coding(reasons, reason), ["text"] = "Zij werd onwel op straat.",
        };
        foreach (var (name, value) in changes) values[name] = value;
        var parameters = values.Where(v => v.Value is not null).Select(v => (JsonNode)new JsonObject { ["name"] = v.Key, [Kind(v.Key)] = v.Value });
        return new JsonObject { ["resourceType"] = "Parameters", ["parameter"] = new JsonArray([.. parameters]) }.ToJsonString();
    }

    private static string Kind(string name) => name switch
    {
        "identifier" => "valueIdentifier",
        "birthDate" => "valueDate",
        "reason" => "valueCoding",
        "days" or "minutes" => "valueInteger",
        _ => "valueString",
    };

    public static JsonNode Parameter(this Got got, string name) => got.Json["parameter"]!.AsArray().Single(p => (string)p!["name"]! == name)!;

    /// <summary>An answer as others could tell it apart: status, content and headers, without what each request has of its own.</summary>
    public static string Shape(this Got got)
    {
        var shape = new StringBuilder().Append(got.Code).Append(got.Text);
        foreach (var header in got.Headers.Where(h => !OfEachRequest.Contains(h.Key)).OrderBy(h => h.Key, StringComparer.Ordinal)) shape.Append(header.Key).Append(string.Concat(header.Value));
        return shape.ToString();
    }
}

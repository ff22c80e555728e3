using Fhir.Server.Store.Access;
using Microsoft.AspNetCore.Builder;

namespace Fhir.Server.Api.Identity;

/// <summary>What an endpoint asks of its caller. Every endpoint has one; a test fails when one has not.</summary>
/// <param name="Name">As told in route tables.</param>
/// <param name="Needs">The scope it needs on the type of the route (or <see cref="Type"/>); None = any valid token will do.</param>
/// <param name="Act">What the audit calls it.</param>
public sealed record Right(string Name, Permission Needs, AuditAct Act)
{
    /// <summary>The type it is about when the route does not name it.</summary>
    public string? Type { get; init; }
    /// <summary>Scopes for one patient or with a filter will not do: what is told cannot be narrowed.</summary>
    public bool Whole { get; init; }
    /// <summary>No token at all: /metadata and health.</summary>
    public bool Anonymous { get; init; }

    public static readonly Right Open = new("open", Permission.None, AuditAct.None) { Anonymous = true };
    /// <summary>What no endpoint answers: an unknown address, a method that is not there. It leaves a row all the same.</summary>
    public static readonly Right Nothing = new("nothing", Permission.None, AuditAct.None);
    /// <summary>Any valid token; what it may do is judged further on (the entries of a Bundle, /me, the hub).</summary>
    public static readonly Right SignedIn = new("signed-in", Permission.None, AuditAct.Operation);
    public static readonly Right Read = new("read", Permission.Read, AuditAct.Read);
    public static readonly Right VersionRead = new("vread", Permission.Read, AuditAct.VersionRead);
    public static readonly Right History = new("history", Permission.Read, AuditAct.History);
    public static readonly Right HistoryOfMany = new("history-of-many", Permission.Search, AuditAct.History);
    public static readonly Right Search = new("search", Permission.Search, AuditAct.Search);
    public static readonly Right Create = new("create", Permission.Create, AuditAct.Create);
    public static readonly Right Update = new("update", Permission.Update, AuditAct.Update);
    /// <summary>A patch finds what it changes, so it tells what is there: it needs the read too.</summary>
    public static readonly Right Patch = new("patch", Permission.Update | Permission.Read, AuditAct.Update);
    public static readonly Right Delete = new("delete", Permission.Delete, AuditAct.Delete);
    /// <summary>A batch or transaction: each entry is judged by its own.</summary>
    public static readonly Right Bundle = new("bundle", Permission.None, AuditAct.Bundle);

    /// <summary>An export: who may, and of which types, is judged where it starts.</summary>
    public static readonly Right Export = new("export", Permission.None, AuditAct.Operation);
    /// <summary>A job of her own, and one file of it, which she reads like any resource of its type.</summary>
    public static readonly Right Job = new("job", Permission.None, AuditAct.Operation);
    public static readonly Right Import = new("import", Permission.Create | Permission.Update, AuditAct.Operation) { Whole = true };
    public static readonly Right JobFile = new("job-file", Permission.Read, AuditAct.Operation);

    /// <summary>An operation that needs these scopes on this type.</summary>
    public static Right Operation(Permission needs, string type) => new("operation", needs, AuditAct.Operation) { Type = type };

    /// <summary>An operation that needs these scopes on the type of the route.</summary>
    public static Right OperationOnType(Permission needs) => new("operation", needs, AuditAct.Operation);

    /// <summary>Type null = all types together.</summary>
    public bool AllowedBy(AccessContext sees, string? type) => Needs == Permission.None || (Whole ? sees.AllowsWhole(type, Needs) : sees.Allows(type, Needs));
}

/// <summary>How an endpoint names its right.</summary>
public static class Rights
{
    public static TBuilder Asks<TBuilder>(this TBuilder endpoint, Right right) where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(right);
}

using System.Collections.Immutable;

namespace Fhir.Messaging.Delivery;

/// <summary>What one partner understands: an adapter offers a line, the dispatcher sends through it.</summary>
public interface ILine
{
    /// <summary>The Endpoint.connectionType code it serves, such as <c>hl7v2-mllp</c>.</summary>
    string ConnectionType { get; }

    /// <summary>Sends one document and waits for the answer. Never throws for what the partner or the network does.</summary>
    Task<LineAnswer> SendAsync(OutboundDocument document, Uri address, CancellationToken stop);
}

/// <summary>Accepted = the partner has it. Rejected = it said no, and would say no again: a person must look. Retry = no answer, or a passing fault.</summary>
public enum LineResult { Accepted, Rejected, Retry }

/// <summary>The partner's answer; Detail is for the ledger and holds no patient data.</summary>
public sealed record LineAnswer(LineResult Result, string Detail);

/// <summary>A finished summary on its way to a practice system: facts only, translated by the adapter of the receiver's choice.</summary>
public sealed record OutboundDocument
{
    /// <summary>The message's id, the same at every retry (MSH-10; at most 20 characters).</summary>
    public required string MessageId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required OutboundPatient Patient { get; init; }
    public required OutboundClinician Author { get; init; }
    public required string SendingOrganization { get; init; }
    public required string ReceivingOrganization { get; init; }
    /// <summary>The document's business number, unique per document (OBR-3 and the like).</summary>
    public required string DocumentNumber { get; init; }
    public required string Title { get; init; }
    /// <summary>The summary as plain text, paragraphs divided by \n.</summary>
    public required string Text { get; init; }
    public required ReadOnlyMemory<byte> Pdf { get; init; }
}

/// <summary>Identifiers = those the receiver may see and knows the patient by, each with its FHIR system; Type is the v2-0203 code (PI, MR, NNNLD) where known.</summary>
public sealed record OutboundPatient
{
    public required ImmutableArray<OutboundIdentifier> Identifiers { get; init; }
    public required string Family { get; init; }
    /// <summary>Dutch name parts where the resource has them: prefix "van der" and own name without it.</summary>
    public string? FamilyPrefix { get; init; }
    public ImmutableArray<string> Given { get; init; } = [];
    /// <summary>yyyy, yyyy-MM or yyyy-MM-dd, as in Patient.birthDate.</summary>
    public string? BirthDate { get; init; }
    /// <summary>male | female | other | unknown.</summary>
    public string? Gender { get; init; }
}

/// <summary>One identifier; Assigner is a short name of who gave it (PID-3.4), where known.</summary>
public sealed record OutboundIdentifier(string System, string Value, string? Type = null, string? Assigner = null);

/// <summary>Who wrote it; Agb is the 8-digit AGB code where known.</summary>
public sealed record OutboundClinician(string Family, string? Given, string? Agb, string Display);

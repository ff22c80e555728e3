using System.Collections.Immutable;

namespace Fhir.Messaging.Documents;

/// <summary>What a summary's PDF shows: a title, a few facts at the top, then headed sections of plain text.</summary>
public sealed record PdfText(string Title, ImmutableArray<PdfFact> Facts, ImmutableArray<PdfSection> Sections, string Footer);
/// <summary>One line of the head, such as "Patient: ...".</summary>
public sealed record PdfFact(string Label, string Value);
/// <summary>A heading and its text; paragraphs divided by \n.</summary>
public sealed record PdfSection(string Heading, string Text);

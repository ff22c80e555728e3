using Fhir.Server.Core.Elements;
using Fhir.Server.Store.Access;

namespace Fhir.Messaging.AddressBook;

/// <summary>Relative references of this server — https://hl7.org/fhir/R4/references.html#literal</summary>
public static class References
{
    /// <summary>The key that a Reference element names, or null when it names nothing of this server.</summary>
    public static ResourceKey? Key(Element reference) => Key(reference["reference"].Text);

    public static ResourceKey? Key(string? reference) => reference?.Split('/') switch
    {
        [var type, var id] => Known(type, id),
        [var type, var id, "_history", _] => Known(type, id),
        _ => null,
    };

    /// <summary>The same with any address before it: <c>https://elsewhere/fhir/Organization/1</c>. For what must not be overlooked, never for what opens.</summary>
    public static ResourceKey? KeyAtEnd(string? reference) => reference?.Split('/') switch
    {
        [.., var type, var id, "_history", _] => Known(type, id),
        [.., var type, var id] => Known(type, id),
        _ => null,
    };

    private static ResourceKey? Known(string type, string id) =>
        AccessTable.Number(type) >= 0 && id.Length is > 0 and <= 64 ? new ResourceKey(type, id) : null;
}

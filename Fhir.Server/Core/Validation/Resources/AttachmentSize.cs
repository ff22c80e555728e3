using System.Buffers.Text;
using System.Globalization;
using Fhir.Server.Core.Elements;
using Fhir.Server.Core.Validation.Rules;

namespace Fhir.Server.Core.Validation.Resources;

/// <summary>Where the data is there, its size is the size — https://hl7.org/fhir/R4/datatypes.html#Attachment</summary>
internal sealed class AttachmentSize : Rule
{
    public override void Check(Element element, Judging judging)
    {
        if (element["data"].Text is not { } data || element["size"] is not { Text: { } stated } size) return;
        if (Base64.IsValid(data, out var length) && stated != length.ToString(CultureInfo.InvariantCulture)) judging.Add(size, "value", "The size is not that of the data.");
    }
}

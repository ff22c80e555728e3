using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Validation;

namespace Fhir.Server.Core.Tests.Validation;

public sealed class PrimitiveFormatTests
{
    [Theory]
    [InlineData(Primitive.Boolean, "true")]
    [InlineData(Primitive.Integer, "0"), InlineData(Primitive.Integer, "-2147483648"), InlineData(Primitive.Integer, "2147483647")]
    [InlineData(Primitive.UnsignedInt, "0"), InlineData(Primitive.PositiveInt, "1")]
    [InlineData(Primitive.Decimal, "0"), InlineData(Primitive.Decimal, "-0.00"), InlineData(Primitive.Decimal, "1.0e2"), InlineData(Primitive.Decimal, "1E-3"), InlineData(Primitive.Decimal, "123456789012345678901234567890.12")]
    [InlineData(Primitive.Date, "2020"), InlineData(Primitive.Date, "2020-02"), InlineData(Primitive.Date, "2020-02-29")]
    [InlineData(Primitive.DateTime, "2020"), InlineData(Primitive.DateTime, "2020-02-29T10:00:00Z"), InlineData(Primitive.DateTime, "2020-02-29T23:59:60.5+14:00")]
    [InlineData(Primitive.Instant, "2020-02-29T10:00:00.123Z"), InlineData(Primitive.Time, "10:00:00"), InlineData(Primitive.Time, "23:59:60.123")]
    [InlineData(Primitive.Code, "a"), InlineData(Primitive.Code, "a b c"), InlineData(Primitive.Id, "a.B-9")]
    [InlineData(Primitive.Uri, "urn:oid:1.2"), InlineData(Primitive.Url, "mailto:a@b"), InlineData(Primitive.Canonical, "http://a|1.0#x")]
    [InlineData(Primitive.Oid, "urn:oid:2.16.840.1"), InlineData(Primitive.Oid, "urn:oid:0.0"), InlineData(Primitive.Uuid, "urn:uuid:c757873d-ec9a-4326-a141-556f43239520")]
    [InlineData(Primitive.Base64Binary, "AAAA"), InlineData(Primitive.Base64Binary, "AA==\r\n"), InlineData(Primitive.String, "a\tb"), InlineData(Primitive.Markdown, "*é*")]
    public void Well_formed_values_pass(Primitive type, string text) => Assert.Null(PrimitiveFormat.Wrong(type, text));

    [Theory]
    [InlineData(Primitive.Boolean, "True")]
    [InlineData(Primitive.Integer, "-"), InlineData(Primitive.Integer, "01"), InlineData(Primitive.Integer, "-2147483649"), InlineData(Primitive.Integer, "+1"), InlineData(Primitive.Integer, " 1"), InlineData(Primitive.Integer, "")]
    [InlineData(Primitive.UnsignedInt, "-1"), InlineData(Primitive.PositiveInt, "0"), InlineData(Primitive.PositiveInt, "2147483648")]
    [InlineData(Primitive.Decimal, ".5"), InlineData(Primitive.Decimal, "1."), InlineData(Primitive.Decimal, "1e"), InlineData(Primitive.Decimal, "00.1"), InlineData(Primitive.Decimal, "1e9999"), InlineData(Primitive.Decimal, "NaN"), InlineData(Primitive.Decimal, "")]
    [InlineData(Primitive.Date, "2019-02-29"), InlineData(Primitive.Date, "20-02"), InlineData(Primitive.Date, "2020-02-29T10:00:00Z")]
    [InlineData(Primitive.DateTime, "2020-02-29T10:00:00"), InlineData(Primitive.DateTime, "2020-02-29T10:00Z"), InlineData(Primitive.DateTime, "2020-02-29T10:00:00+15:00")]
    [InlineData(Primitive.Instant, "2020-02-29"), InlineData(Primitive.Instant, "2020-02-29T10:00:00"), InlineData(Primitive.Time, "24:00:00"), InlineData(Primitive.Time, "10:00"), InlineData(Primitive.Time, "10:00:00Z")]
    [InlineData(Primitive.Code, " a"), InlineData(Primitive.Code, "a "), InlineData(Primitive.Code, "a  b"), InlineData(Primitive.Code, "a\tb"), InlineData(Primitive.Code, "")]
    [InlineData(Primitive.Id, "a_b"), InlineData(Primitive.Id, ""), InlineData(Primitive.Id, "é"), InlineData(Primitive.Uri, "a b"), InlineData(Primitive.Uri, ""), InlineData(Primitive.Canonical, "http://a\n")]
    [InlineData(Primitive.Oid, "1.2.3"), InlineData(Primitive.Oid, "urn:oid:3.1"), InlineData(Primitive.Oid, "urn:oid:1.02"), InlineData(Primitive.Oid, "urn:oid:1."), InlineData(Primitive.Oid, "urn:oid:1")]
    [InlineData(Primitive.Uuid, "c757873d-ec9a-4326-a141-556f43239520"), InlineData(Primitive.Uuid, "urn:uuid:C757873D-EC9A-4326-A141-556F43239520"), InlineData(Primitive.Uuid, "urn:uuid:1")]
    [InlineData(Primitive.Base64Binary, "AAA"), InlineData(Primitive.Base64Binary, "A-_A"), InlineData(Primitive.String, "a\u0008"), InlineData(Primitive.String, "\u001F")]
    public void Malformed_values_are_refused(Primitive type, string text) => Assert.NotNull(PrimitiveFormat.Wrong(type, text));
}

using System.Globalization;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Tests.Elements;

public sealed class FhirDateTimeTests
{
    [Theory]
    [InlineData("2013", "2013-01-01T00:00:00.000000Z", "2013-12-31T23:59:59.999999Z", DatePrecision.Year)]
    [InlineData("2013-02", "2013-02-01T00:00:00.000000Z", "2013-02-28T23:59:59.999999Z", DatePrecision.Month)]
    [InlineData("2012-02-29", "2012-02-29T00:00:00.000000Z", "2012-02-29T23:59:59.999999Z", DatePrecision.Day)]
    [InlineData("2013-01-14T09:20", "2013-01-14T09:20:00.000000Z", "2013-01-14T09:20:59.999999Z", DatePrecision.Minute)]
    [InlineData("2013-01-14T09:20:30", "2013-01-14T09:20:30.000000Z", "2013-01-14T09:20:30.999999Z", DatePrecision.Second)]
    [InlineData("2013-01-14T00:30:00+01:00", "2013-01-13T23:30:00.000000Z", "2013-01-13T23:30:00.999999Z", DatePrecision.Second)]
    [InlineData("2013-01-14T23:30:00-12:00", "2013-01-15T11:30:00.000000Z", "2013-01-15T11:30:00.999999Z", DatePrecision.Second)]
    [InlineData("2013-01-14T23:59:60Z", "2013-01-15T00:00:00.000000Z", "2013-01-15T00:00:00.999999Z", DatePrecision.Second)]
    [InlineData("2013-01-14T09:20:30.123456789Z", "2013-01-14T09:20:30.123456Z", "2013-01-14T09:20:30.123456Z", DatePrecision.Fraction)]
    [InlineData("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z", "1969-12-31T23:59:59.500000Z", DatePrecision.Fraction)]
    public void A_moment_is_the_stretch_of_time_it_names(string text, string low, string high, DatePrecision precision)
    {
        Assert.True(FhirDateTime.TryParse(text, out var value));
        Assert.Equal((Micros(low), Micros(high), precision), (value.Low, value.High, value.Precision));
        Assert.Equal(Micros(low), Micros(value.Start.ToString("O", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Trailing_zeros_of_a_fraction_change_nothing()
    {
        Assert.True(FhirDateTime.TryParse("2013-01-14T09:20:30.5Z", out var a));
        Assert.True(FhirDateTime.TryParse("2013-01-14T09:20:30.500Z", out var b));
        Assert.Equal(a, b);
    }

    [Fact]
    public void The_rim_of_time_does_not_overflow()
    {
        Assert.True(FhirDateTime.TryParse("0001-01-01T00:00:00+14:00", out var first));
        Assert.True(FhirDateTime.TryParse("9999-12-31T23:59:60-14:00", out var last));
        Assert.Equal(DateTimeOffset.MinValue, first.Start);
        Assert.Equal(9999, last.Start.Year);
    }

    [Theory]
    [InlineData(""), InlineData("0000"), InlineData("13"), InlineData("2013-13"), InlineData("2013-00"), InlineData("2013-02-29"), InlineData("2018-02-30"), InlineData("2013-1-1"), InlineData("2013-01-"), InlineData("2013-"), InlineData("20130101")]
    [InlineData("2013-01T10:00:00Z"), InlineData("2013-01-01T"), InlineData("2013-01-01T24:00:00Z"), InlineData("2013-01-01T10"), InlineData("2013-01-01T10:60:00Z"), InlineData("2013-01-01T10:00:61Z"), InlineData("2013-01-01T10:00:00.Z")]
    [InlineData("2013-01-01T10:00:00+14:01"), InlineData("2013-01-01T10:00:00+1:00"), InlineData("2013-01-01T10:00:00z"), InlineData("2013-01-01 10:00:00Z"), InlineData("2013-01-01T10:00:00ZZ"), InlineData("٢٠١٣"), InlineData("2013-01-01T10:00:00+01:60")]
    public void What_does_not_exist_is_no_moment(string text) => Assert.False(FhirDateTime.TryParse(text, out _));

    [Fact]
    public void An_instant_is_written_in_utc_with_milliseconds() =>
        Assert.Equal("2026-01-02T02:04:05.678Z", FhirDateTime.Instant(new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(1))));

    private static long Micros(string utc) =>
        (DateTimeOffset.Parse(utc, CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

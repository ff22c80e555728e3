using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Tests.Elements;

/// <summary>T115: nothing in a narrative runs or fetches.</summary>
public sealed class NarrativeRuleTests
{
    [Theory]
    [InlineData("<p class=\"a\" style='color: red'>Tekst &amp; &#233; &#xE9; &nbsp; <br/><b>vet</b></p><!-- noot -->")]
    [InlineData("<a href=\"https://example.org/a?b=c&amp;d=e#f\">x</a><a href=\"#deel\">y</a><a href=\"Patient/1\">z</a><a href='mailto:a@b.nl'>m</a>")]
    [InlineData("<img src=\"data:image/png;base64,AAAA\" alt=\"x\"/><img src=\"#foto\" alt=\"y\"/>")]
    [InlineData("<table border=\"1\"><tr><td colspan=\"2\">1 > 0</td></tr></table>")]
    public void Plain_text_tables_links_and_pictures_pass(string inside) => Assert.Null(NarrativeRule.Wrong($"<div xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div>"));

    [Theory]
    [InlineData("<script>alert(1)</script>"), InlineData("<p onclick=\"x()\">a</p>"), InlineData("<iframe src=\"http://a\">a</iframe>"), InlineData("<form>a</form>"), InlineData("<input/>a"), InlineData("<object>a</object>")]
    [InlineData("<style>p{}</style>a"), InlineData("<link href=\"a.css\"/>a"), InlineData("<svg>a</svg>"), InlineData("<SCRIPT>a</SCRIPT>"), InlineData("<x:script>a</x:script>"), InlineData("<p onmouseover='a'>a</p>"), InlineData("<p data-x='a'>a</p>")]
    [InlineData("<a href=\"javascript:alert(1)\">a</a>"), InlineData("<a href=\" java&#9;script:alert(1)\">a</a>"), InlineData("<a href=\"&#106;avascript:alert(1)\">a</a>"), InlineData("<a href=\"javascript&colon;alert(1)\">a</a>"), InlineData("<a href=\"JAVASCRIPT:alert(1)\">a</a>")]
    [InlineData("<a href=\"data:text/html,x\">a</a>"), InlineData("<img src=\"data:image/svg+xml;base64,AA\"/>"), InlineData("<a href=\"vbscript:x\">a</a>"), InlineData("<a href=\"data:image/png;base64,AAAA\">a</a>")]
    [InlineData("<p style=\"background:url(http://a)\">a</p>"), InlineData("<p style=\"width:expression(x)\">a</p>"), InlineData("<p style=\"b:u\\72l(x)\">a</p>"), InlineData("<p style=\"background:u&#114;l(x)\">a</p>")]
    [InlineData("<p xmlns:x=\"http://a\">a</p>"), InlineData("<p xmlns=\"http://www.w3.org/2000/svg\">a</p>")]
    public void T115_What_runs_or_fetches_is_refused(string inside) => Assert.Contains("not allowed", NarrativeRule.Wrong($"<div>{inside}</div>"), StringComparison.Ordinal);

    [Theory]
    [InlineData("<p>a"), InlineData("<p>a</b>"), InlineData("a</p>"), InlineData("a & b"), InlineData("a &; b"), InlineData("1 < 2"), InlineData("<p a>b</p>"), InlineData("<p class=a>b</p>"), InlineData("<p class='a>b</p>")]
    [InlineData("<p class='<'>b</p>"), InlineData("<p class='&x'>b</p>"), InlineData("<p class='a'id='b'>c</p>"), InlineData("<p id='a' id='b'>c</p>"), InlineData("<!-- a -- b -->c"), InlineData("<![CDATA[a]]>"), InlineData("<?x y?>a"), InlineData("<!DOCTYPE x>a"), InlineData("<br>a")]
    public void What_is_not_well_formed_is_refused(string inside) => Assert.NotNull(NarrativeRule.Wrong($"<div>{inside}</div>"));

    [Theory]
    [InlineData(""), InlineData("tekst"), InlineData("<p>tekst</p>"), InlineData("<div>a</div>b"), InlineData("<div>a</div><div>b</div>"), InlineData("<divx>a</divx>"), InlineData("<div>a")]
    public void A_narrative_is_one_div_with_content(string text) => Assert.NotNull(NarrativeRule.Wrong(text));

    [Fact]
    public void Deep_and_long_narratives_are_judged_in_linear_time()
    {
        Assert.NotNull(NarrativeRule.Wrong(string.Concat(Enumerable.Repeat("<div>", 200_000))));
        var narrative = "<div>" + string.Concat(Enumerable.Repeat("<p class=\"a\">x &amp; y</p>", 40_000)) + "</div>";
        Quick.Within(5, () => Assert.Null(NarrativeRule.Wrong(narrative)));
    }
}

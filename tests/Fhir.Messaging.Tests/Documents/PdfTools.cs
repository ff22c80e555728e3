using System.ComponentModel;
using System.Diagnostics;

namespace Fhir.Messaging.Tests.Documents;

/// <summary>The witnesses: qpdf says whether a file is a valid PDF, pdftotext what a reader finds in it. Their test is skipped where they are not installed.</summary>
internal static class PdfTools
{
    public static void AssertValid(byte[] pdf)
    {
        var (exitCode, output) = Run("qpdf", pdf, "--check");
        Assert.True(exitCode == 0 && output.Contains("No syntax or stream encoding errors", StringComparison.Ordinal), output);
    }

    public static string TextOf(byte[] pdf) => Run("pdftotext", pdf, "-layout", "-enc", "UTF-8").Output;

    /// <summary>The text with every run of white space as one space, for what may be wrapped anywhere.</summary>
    public static string FlowOf(byte[] pdf) => string.Join(' ', TextOf(pdf).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static (int ExitCode, string Output) Run(string tool, byte[] pdf, params string[] options)
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".pdf");
        File.WriteAllBytes(path, pdf);
        try
        {
            var start = new ProcessStartInfo(tool, [.. options, path, .. tool == "pdftotext" ? ["-"] : Array.Empty<string>()]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{tool} is not installed.");
            throw;
        }
        finally
        {
            File.Delete(path);
        }
    }
}

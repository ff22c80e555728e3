using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Host.Serving;

/// <summary>The built web client at the root, and the headers that keep a browser strict about it.</summary>
public static class WebClient
{
    // Everything from ourselves; pictures and PDFs that were fetched with the token are shown as blobs.
    // Mantine writes its colour variables into a style element: styles may be inline, scripts never.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; " +
        "frame-src blob:; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Headers for every answer of the house.</summary>
    public static void UseStrictHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        return next(context);
    });

    /// <summary>Serves the client's files; an address that is no file and no API opens the client, which has its own addresses.</summary>
    public static void MapWebClient(this WebApplication app, string folder)
    {
        var page = Path.Combine(folder, "index.html");
        if (!File.Exists(page))
        {
            app.MapGet("/", () => Results.Text("The FHIR API is at /fhir. The web client has not been built.\n"));
            return;
        }
        var files = new PhysicalFileProvider(folder);
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = Cache });
        app.MapFallback("{*path:nonfile}", context => PageAsync(context, page)).WithMetadata(new HttpMethodMetadata(["GET", "HEAD"]));
    }

    // Vite puts a hash of the content into each name under assets/: such a file never changes.
    private static void Cache(StaticFileResponseContext file) => file.Context.Response.Headers.CacheControl =
        file.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";

    private static Task PageAsync(HttpContext context, string page)
    {
        if (IsApi(context.Request.Path))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        return context.Response.SendFileAsync(page, context.RequestAborted);
    }

    private static bool IsApi(PathString path) =>
        path.StartsWithSegments("/fhir", StringComparison.Ordinal) || path.StartsWithSegments("/hub", StringComparison.Ordinal)
        || path.StartsWithSegments("/demo", StringComparison.Ordinal) || path.StartsWithSegments("/me", StringComparison.Ordinal);
}

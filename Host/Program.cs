using Fhir.Server.Core.Outcomes;
using Host.CommandLine;
using Host.Serving;
using Host.Settings;

var done = await RunAsync(args);
if (!done.Failed(out var issue, out var code)) return code;
await Console.Error.WriteLineAsync(issue.Text);
return issue.Code == "usage" ? 2 : 1;

static async Task<Result<int>> RunAsync(string[] words)
{
    if (Arguments.Read(words).Failed(out var issue, out var arguments)) return issue;
    if (arguments.Command == Arguments.Help)
    {
        await Console.Out.WriteAsync(HelpText.Text);
        return 0;
    }
    if (Tenants.Read(ConfigurationOf(arguments), Root()).Failed(out issue, out var tenants)) return issue;
    if (arguments.Command == Arguments.Serve) return await Serve.RunAsync(tenants);
    if (tenants.For(arguments.Options.GetValueOrDefault("tenant")).Failed(out issue, out var settings)) return issue;
    return arguments.Command switch
    {
        Arguments.Token => await PrintAsync(TokenCommand.Issue(arguments, settings, TimeProvider.System)),
        Arguments.VerifyAudit => await VerifyAudit.RunAsync(settings, Console.Out),
        _ => await Import.RunAsync(arguments, settings),
    };
}

static async Task<Result<int>> PrintAsync(Result<string> line)
{
    if (line.Failed(out var issue, out var text)) return issue;
    await Console.Out.WriteLineAsync(text);
    return 0;
}

static IConfiguration ConfigurationOf(Arguments arguments) => new ConfigurationBuilder()
    .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
    .AddEnvironmentVariables("ASPNETCORE_")
    .AddEnvironmentVariables()
    .AddInMemoryCollection(arguments.Options)
    .Build();

// ./start says where the checkout is; ./data and the built web client lie there.
static string Root() => Environment.GetEnvironmentVariable("SAMENSPRAAK_ROOT") ?? Directory.GetCurrentDirectory();

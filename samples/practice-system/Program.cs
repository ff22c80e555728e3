using PracticeSystem;

if (Options.Read(args) is not { } options)
{
    await Console.Error.WriteLineAsync(Options.Usage);
    return 2;
}
var inbox = new Inbox(options.Folder);
var listener = new Listener(options, inbox, TimeProvider.System);
try
{
    var port = listener.Start();
    Console.WriteLine($"practice system listening on 127.0.0.1:{port}, keeping messages in {inbox.Folder}, answering {options.Answer.ToString().ToLowerInvariant()}");
}
catch (System.Net.Sockets.SocketException taken)
{
    await Console.Error.WriteLineAsync($"cannot listen on 127.0.0.1:{options.Port}: {taken.SocketErrorCode}");
    return 1;
}
await listener.ServeAsync();
return 0;

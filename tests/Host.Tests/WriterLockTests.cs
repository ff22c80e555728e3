using Host.Serving;

namespace Host.Tests;

/// <summary>writer.lock: one writer, whose address others can read.</summary>
public sealed class WriterLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("samenspraak-lock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_second_writer_is_told_who_the_first_is()
    {
        using var first = await TakeAsync();
        first.Name("http://localhost:5080");
        Assert.Equal("http://localhost:5080", WriterLock.HolderOf(_folder));
        Assert.Equal("http://localhost:5080", await File.ReadAllTextAsync(Path.Combine(_folder, "writer.lock")));
        Assert.True((await WriterLock.TakeAsync(_folder)).Failed(out var issue, out _));
        Assert.Contains("http://localhost:5080", issue!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_back_it_can_be_taken_and_names_nobody()
    {
        (await TakeAsync()).Dispose();
        Assert.Null(WriterLock.HolderOf(_folder));
        using var second = await TakeAsync();
        Assert.Equal("", WriterLock.HolderOf(_folder));
    }

    [Fact]
    public async Task The_text_of_a_process_that_is_gone_means_nothing()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "writer.lock"), "http://localhost:5080");
        Assert.Null(WriterLock.HolderOf(_folder));
        using var taken = await TakeAsync();
        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(_folder, "writer.lock")));
    }

    [Fact]
    public async Task A_server_waits_for_an_import_to_end()
    {
        var import = await TakeAsync();
        import.Name(WriterLock.Import);
        var waiting = WriterLock.TakeAsync(_folder);
        await Task.Delay(700);
        Assert.False(waiting.IsCompleted);
        import.Dispose();
        Assert.False((await waiting).Failed(out _, out var taken));
        taken!.Dispose();
    }

    [Fact]
    public async Task Only_its_owner_can_read_it()
    {
        if (OperatingSystem.IsWindows()) return;
        using var taken = await TakeAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "writer.lock")));
    }

    private async Task<WriterLock> TakeAsync()
    {
        Assert.False((await WriterLock.TakeAsync(_folder)).Failed(out _, out var taken));
        return taken!;
    }
}

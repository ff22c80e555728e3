using Fhir.Server.Store.Database;

namespace Fhir.Server.Store.Tests.Database;

public sealed class FileModeTests
{
    [Fact]
    public async Task Nobody_else_on_the_machine_reads_the_files_even_in_a_folder_that_all_may_enter()
    {
        if (OperatingSystem.IsWindows()) return;
        var folder = Directory.CreateTempSubdirectory("samenspraak-modes-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        await File.WriteAllBytesAsync(Path.Combine(folder, "audit.db"), []);   // one of an older version, open to all
        File.SetUnixFileMode(Path.Combine(folder, "audit.db"), (UnixFileMode)0b110_100_100);
        await using (var database = SqliteDatabase.Open(folder))
        {
            await database.MigrateAsync(Migration.In(typeof(TenantDatabase).Assembly), default);
            foreach (var file in Directory.GetFiles(folder)) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        Directory.Delete(folder, recursive: true);
    }
}

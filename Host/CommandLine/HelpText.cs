namespace Host.CommandLine;

/// <summary>What <c>./start --help</c> prints.</summary>
public static class HelpText
{
    public const string Text = """
        Samenspraak: a FHIR R4 server on which clinicians consult each other.

          ./start                                  serve, by default on http://localhost:5080 with the demo clinic
          ./start import DIR|FILE… [--practice NAME]
                                                   load bundles (*.json) and resources (*.ndjson); the patients are registered
                                                   with that practice (De Linde in the demo); works with or without a running server
          ./start token --user NAME [--scope SCOPES] [--minutes N] [--patient ID] [--on-behalf-of NAME] [--step-up]
                                                   print a bearer token of a demo user; 60 minutes and all its rights unless told otherwise;
                                                   NAME may be Patient/ID (a patient's own token) or RelatedPerson/ID (who speaks for one);
                                                   --patient binds patient/ scopes to that patient, --on-behalf-of is for assistants,
                                                   --step-up says that she proved again, just now, who she is (needed to break glass)
          ./start verify-audit                     recompute the audit's hash chains and hold them against their signed heads;
                                                   exit code 1 and the first bad row when somebody changed it; the server may run
                                                   (with several tenants these three take --tenant NAME)
          ./start --help                           this page

        Settings are ordinary ASP.NET Core configuration: Host/appsettings.json, environment (Data__Folder=…) or command line.

          --urls http://127.0.0.1:5080             addresses to listen on, divided by semicolons
          --Data:Folder=DIR                        databases and keys (./data)
          --Database:Provider=sqlite|postgres      where the record is kept (sqlite, in the data folder)
          --Database:ConnectionString=…            for postgres
          --Attachments:KeyFile=FILE               the key of the attachments, the same for all nodes (keys/attachments.key in the data folder)
          --Authentication:StepUpAcr=ACR           the acr of a stepped-up token (urn:samenspraak:step-up)
          --Validation:Base=off|warn|enforce       R4's own rules on writes, beyond the structure (warn); :Import:Base for imports (off)
          --Validation:Profiles=off|warn|enforce   the profiles that a resource declares (warn); :Import:Profiles for imports (off)
          --Audit:HeadsFile=FILE                   where the signed heads of the audit go (audit/heads.log in the data folder)
          --Profiles:Packages=DIR                  FHIR packages to load: folders, .tgz files, loose JSON or XML (none)
          --Access:CareGraceDays=N                 days that those who cared still see the patient after that was closed (30)
          --Access:GuessesPerHour=N                how often one person may be wrong in an hour about who a patient is (10)
          --Writes:ReferentialIntegrity=true|false references mean what is there, and what is referred to is not deleted (false)
          --Writes:IfMatchRequired=TYPE[,TYPE…]|*  the types that are changed with If-Match only (none)
          --Search:FullText=TYPE[,TYPE…]           the types whose words are searched by _text and _content (Communication)
          --Limits:QuerySeconds=N                  how long a query may take before it is ended and 503 is answered (30); docs/limits.md
          --Limits:RequestsAtOnce=N                how many requests may be under way at once on this node (256)
          --Limits:RequestsWaiting=N               how many more may wait for that before 503 is answered (1024)
          --Limits:CallerPercent=N                 the part of both that one caller may have before 429 is answered (50)
          --Limits:BundleEntries=N                 the most entries of a batch or transaction (10000)
          --Limits:Nesting=N                       how deep objects and lists of a body may stand in each other (64)
          --Limits:Parameters, :SortKeys=N         the most parameters of a search (100), and keys of _sort (8)
          --Limits:Values, :ValuesTogether=N       the most values of one parameter (500), and of all (800)
          --Limits:ChainLinks, :TextLength=N       the most links of a chain or _has (5), and characters of a text (2000)
          --Limits:Scanned=N                       the most values that :contains looks at where it has no index (100000)
          --Limits:PageSize=N                      the most matches on a page (1000)
          --Limits:Includes, :IncludeRounds=N      the most resources that a page includes (1000), and rounds of :iterate (25)
          --Server:TrustedProxies=IP[/N][,IP[/N]…] proxies whose X-Forwarded-For, -Proto, -Host and -Prefix are believed (none); docs/nodes.md
          --Cors:Origins=ORIGIN[,ORIGIN…]          other sites whose pages may call the FHIR API from a browser (none)
          --Bulk:KeepHours=N                       how long a job ($export) and its files are kept (24)
          --Bulk:ResourcesPerFile=N                the most resources in one file of an export (10000)
          --Bulk:MaxImportMegabytes=N              the most that one $import brings (1024)
          --Bulk:JobsPerCaller=N                   the most jobs that are kept for one caller (100)
          --Tenants:NAME:Host=NAME[;NAME…]         a tenant by its host names; every setting but urls may stand under Tenants:NAME (docs/tenants.md)
          --Demo:Enabled=true|false                the demo clinic; true by default when every address is loopback
          --Demo:PracticeSystem=mllp://HOST:PORT   De Linde's practice system (mllp://127.0.0.1:2575)

        Demo users: dr.jansen, dr.devries, dr.bakker, s.dewit, his-delinde, integrator, admin, privacy.

        """;
}

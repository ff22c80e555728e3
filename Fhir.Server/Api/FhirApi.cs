using Fhir.Server.Api.Audit;
using Fhir.Server.Api.Blobs;
using Fhir.Server.Api.Bulk;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Interactions;
using Fhir.Server.Api.Operations;
using Fhir.Server.Api.Validating;
using Fhir.Server.Core.Packages;
using Fhir.Server.Core.Terminology;
using Fhir.Server.Core.Validation;
using Fhir.Server.Store.Database;
using Fhir.Server.Store.Rules;
using Fhir.Server.Store.Search;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fhir.Server.Api;

/// <summary>The API's two ends for the Host: what it adds to the services, and what it maps.</summary>
public static class FhirApi
{
    /// <summary>The caller registers what lies below: <see cref="TenantDatabase"/> (migrated, this assembly's migrations included), Seal, ResourceStore, ResourceSearch.</summary>
    public static IServiceCollection AddFhirApi(this IServiceCollection services, ApiSettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(settings);
        services.AddSingleton(settings.Writes);
        services.AddSingleton(_ => TokenKey.In(settings.KeyFolder));
        services.AddSingleton(_ => TokenNames.For(settings));
        services.AddSingleton<TokenIssuer>();
        services.AddSingleton<TokenCache>();
        services.AddSingleton<ScopeFilters>();
        services.AddSingleton<Holders>();
        services.AddSingleton<Callers>();
        services.AddSingleton(new Admission(settings.Limits));
        services.AddSingleton<DirectoryEpoch>();
        services.AddSingleton<ICommitRule>(s => s.GetRequiredService<DirectoryEpoch>());
        services.AddSingleton(new CareSettings { Grace = TimeSpan.FromDays(settings.CareGraceDays) });
        services.AddSingleton<ICommitRule, CareRule>().AddSingleton<ICommitRule, SearchParameterRule>();
        services.AddSingleton<AuditReads>();
        services.AddSingleton<Knocks>();
        services.AddHostedService<KnockCounts>();
        services.AddSingleton<AuditFilter>();
        services.AddSingleton(_ => AuditKey.In(settings.KeyFolder));
        services.AddSingleton(new HeadsFile(settings.HeadsFile));
        services.AddSingleton<AuditHeads>();
        services.AddHostedService(s => s.GetRequiredService<AuditHeads>());
        services.AddSingleton<AuditLog>();
        services.AddSingleton<PatientIndex>();
        services.AddSingleton<AuditPages>();
        services.AddSingleton<AuditSearch>();
        services.AddSingleton<AuditIds>();
        services.AddSingleton<AuditViews>();
        services.AddHostedService<PatientIndexFiller>();
        services.AddSingleton<AuditEvents>();
        services.AddSingleton(_ => BlobKey.For(settings));
        services.AddSingleton<BlobStore>();
        services.AddSingleton<BinaryData>();
        services.AddSingleton<ICommitRule, BlobClaim>();
        services.AddHostedService<Sweeper>();
        services.AddMetrics();
        services.AddCors();
        services.AddSingleton(s => s.GetServices<LoadedDefinitions>().Aggregate(s.GetService<LoadedPackages>()?.Conformance ?? Conformance.R4, (below, more) => below.With(more.Resources)));
        services.AddSingleton<Vocabulary>();
        services.AddSingleton<Validator>();
        services.AddSingleton<IssueCounts>();
        services.AddSingleton<WriteCheck>();
        services.AddSingleton<Writing>();
        services.AddSingleton<CriteriaLines>();
        services.AddSingleton<Patch>();
        services.AddSingleton<Validate>();
        services.AddSingleton<Meta>();
        services.AddSingleton<Everything>();
        services.AddSingleton<Document>().AddSingleton<DocumentKeeper>();
        services.AddSingleton<ProcessMessage>().AddSingleton<ICommitRule, MessageOnce>();
        services.AddSingleton<TerminologyDesk>();
        services.AddSingleton<HistoryPages>();
        services.AddSingleton<SearchPages>();
        services.AddSingleton<EntryReads>();
        services.AddSingleton<Transaction>();
        services.AddSingleton(settings.Bulk).AddSingleton<ExportStart>().AddSingleton<SearchLater>().AddHostedService<JobSweeper>();
        services.AddSingleton<BatchLater>().AddSingleton<BatchWork>().AddSingleton<BatchRunner>().AddHostedService(s => s.GetRequiredService<BatchRunner>());
        services.AddSingleton<ImportLines>().AddSingleton<ImportRunner>().AddHostedService(s => s.GetRequiredService<ImportRunner>());
        services.AddSingleton<CapabilityStatement>();
        services.AddSingleton<TerminologyCapabilities>();
        Bearer.AddSchemes(services, settings);
        return services;
    }

    /// <summary>Maps everything of this project and returns the group under /fhir, on which the floors above map their operations.</summary>
    public static RouteGroupBuilder MapFhirApi(this WebApplication app)
    {
        app.UseRouting();
        Cors.Use(app, app.Services.GetRequiredService<ApiSettings>().Origins);   // before the edge: a preflight brings no token
        app.UseMiddleware<Edge>();
        Health.Map(app);
        Me.Map(app);
        var fhir = app.MapGroup("/fhir");
        var audit = app.Services.GetRequiredService<AuditFilter>();
        fhir.AddEndpointFilter(audit.InvokeAsync);
        Read.Map(fhir);
        Create.Map(fhir);
        Update.Map(fhir);
        Patch.Map(fhir);
        Delete.Map(fhir);
        History.Map(fhir);
        Search.Map(fhir);
        Compartments.Map(fhir);
        Batch.Map(fhir);
        Binaries.Map(fhir);
        Audited.Map(fhir);
        Validate.Map(fhir);
        EvaluateFhirPath.Map(fhir);
        Meta.Map(fhir);
        ChangeMeta.Map(fhir);
        Everything.Map(fhir);
        Document.Map(fhir);
        ProcessMessage.Map(fhir);
        TerminologyOperations.Map(fhir);
        Export.Map(fhir);
        Import.Map(fhir);
        Jobs.Map(fhir);
        Capabilities.Map(fhir);
        return fhir;
    }
}

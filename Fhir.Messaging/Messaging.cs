using Fhir.Messaging.Care;
using Fhir.Messaging.Consent;
using Fhir.Messaging.Delivery;
using Fhir.Messaging.Documents;
using Fhir.Messaging.Realtime;
using Fhir.Messaging.Referrals;
using Fhir.Messaging.Threads;
using Fhir.Server.Api.Http;
using Fhir.Server.Api.Identity;
using Fhir.Server.Api.Validating;
using Fhir.Server.Store.Access;
using Fhir.Server.Store.Rules;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fhir.Messaging;

/// <summary>Messaging's two ends for the Host: what it adds to the services, and what it maps.</summary>
public static class Messaging
{
    /// <summary>Needs the store, the database, its Seal and the API's services; the adapters register their ILine.</summary>
    public static IServiceCollection AddMessaging(this IServiceCollection services, DeliverySettings? delivery = null)
    {
        services.AddSingleton(delivery ?? new DeliverySettings());
        services.TryAddSingleton<Bell>();
        services.TryAddSingleton<Closings>();
        services.AddSingleton<DeliveryQueue>().AddSingleton<Ledger>().AddSingleton<Parcels>().AddSingleton<Disclosures>();
        services.AddSingleton(_ => new LoadedDefinitions([.. ClinicDefinitions.All().Select(definition => definition.Resource)]));
        services.AddSingleton<NewWrite>();
        services.AddSingleton<HeaderWrites>().AddSingleton<MessageWrites>();
        services.AddSingleton<ICommitRule, ConsentWrites>().AddSingleton<ICommitRule, DirectoryWrites>().AddSingleton<ICommitRule, ThreadWrites>().AddSingleton<ICommitRule, UploadWrites>().AddSingleton<ICommitRule, SummaryWrites>();
        services.AddSingleton<ICommitRule, TaskSteps>().AddSingleton<ICommitRule, AcceptedOnce>().AddSingleton<ICommitRule, OwnerElsewhere>();
        services.AddSingleton<Underway<Declaration>>().AddSingleton<Underway<GlassAct>>().AddSingleton<Underway<GuessAlarm>>();
        services.AddSingleton<PatientByIdentity>().AddSingleton<GuessBrake>().AddSingleton<PatientBehindBrake>();
        services.AddSingleton<ICommitRule, DeclaredCareWrites>().AddSingleton<ICommitRule, GlassWrites>().AddSingleton<ICommitRule, GuessWrites>();   // after ThreadWrites, which takes a plain Communication from its patient
        services.AddSingleton<DeclareCare>().AddSingleton<BreakGlass>();
        services.AddSingleton<SendMessage>().AddSingleton<MarkRead>().AddSingleton<CloseThread>();
        services.AddSingleton<Connections>().AddSingleton<SyncToken>().AddSingleton<Standings>();
        services.AddSingleton<Dispatch>().AddSingleton<Pump>();
        services.AddHostedService(s => s.GetRequiredService<Dispatch>());
        services.AddHostedService(s => s.GetRequiredService<Pump>());
        services.AddHostedService<ClinicDefinitions>();
        services.AddSignalR();
        return services;
    }

    /// <summary>The hub, and the operations on the group that MapFhirApi gave.</summary>
    public static void MapMessaging(this WebApplication app, RouteGroupBuilder fhir)
    {
        OpenThread.Map(fhir);
        SendMessage.Map(fhir);
        ReadMessages.Map(fhir);
        MarkRead.Map(fhir);
        CloseThread.Map(fhir);
        ReadInbox.Map(fhir);
        DeclareCare.Map(fhir);
        BreakGlass.Map(fhir);
        // No long polling: a connection keeps the request that its token came with.
        app.MapHub<MessagingHub>("/hub", hub => hub.Transports = HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents).WithMetadata(new AnyFormat()).Asks(Right.Operation(Permission.Read, "Communication") with { Whole = true }).LeavesLines();
    }
}

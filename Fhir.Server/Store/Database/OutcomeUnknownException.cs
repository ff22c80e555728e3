namespace Fhir.Server.Store.Database;

/// <summary>The reply to COMMIT was lost, and the database did not tell in time whether it happened: it may have, so nothing of it is done again here.</summary>
public sealed class OutcomeUnknownException(Exception lost) : Exception("The reply to a commit was lost, and whether it happened could not be found out.", lost);

namespace Fhir.Server.Store.Access;

/// <summary>
/// What keeps a row from some of those whom its patient opens it to: Home = only its own organisation reads it, whoever cares for the patient, and not
/// the patient herself; Thread = only the thread's participants (and the owner's practice system); Review = only privacy officers, and the patient what is meant for her.
/// </summary>
public enum Confinement { Home = -1, None = 0, Thread = 1, Review = 2 }

namespace Fhir.Server.Store.Access;

/// <summary>What keeps a row from the rest of its organisation: Thread = only the thread's participants (and the owner's practice system) read it; Review = only privacy officers, and the patient what is meant for her.</summary>
public enum Confinement { None = 0, Thread = 1, Review = 2 }

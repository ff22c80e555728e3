namespace Fhir.Server.Store.Access;

/// <summary>
/// Whose a type is. Patient = with the patient's home, care relations and threads; Message = the same, and company doctors
/// may write it; Directory and Definition = every signed-in user reads, administrators write; Own = the own organisation's;
/// Policy = consents; Audit = appended, read elsewhere; Nobody = nobody.
/// </summary>
public enum Keeper { Nobody, Patient, Message, Directory, Definition, Own, Policy, Audit }

/// <summary>The one table of who reads and who writes each type. A type without a line is invisible. Its order gives the types their numbers in the database: never change it.</summary>
public static class AccessTable
{
    // type, read, write
    private const string Lines =
        """
        Account patient patient
        ActivityDefinition definition definition
        AdverseEvent patient patient
        AllergyIntolerance patient patient
        Appointment patient patient
        AppointmentResponse patient patient
        AuditEvent nobody audit
        Basic patient patient
        Binary patient message
        BiologicallyDerivedProduct own own
        BodyStructure patient patient
        Bundle patient patient
        CapabilityStatement definition definition
        CarePlan patient patient
        CareTeam patient patient
        CatalogEntry own own
        ChargeItem patient patient
        ChargeItemDefinition definition definition
        Claim patient patient
        ClaimResponse patient patient
        ClinicalImpression patient patient
        CodeSystem definition definition
        Communication patient message
        CommunicationRequest patient patient
        CompartmentDefinition definition definition
        Composition patient patient
        ConceptMap definition definition
        Condition patient patient
        Consent patient policy
        Contract own own
        Coverage patient patient
        CoverageEligibilityRequest patient patient
        CoverageEligibilityResponse patient patient
        DetectedIssue patient patient
        Device patient patient
        DeviceDefinition own own
        DeviceMetric own own
        DeviceRequest patient patient
        DeviceUseStatement patient patient
        DiagnosticReport patient patient
        DocumentManifest patient patient
        DocumentReference patient patient
        EffectEvidenceSynthesis definition definition
        Encounter patient patient
        Endpoint own directory
        EnrollmentRequest patient patient
        EnrollmentResponse patient patient
        EpisodeOfCare patient patient
        EventDefinition definition definition
        Evidence definition definition
        EvidenceVariable definition definition
        ExampleScenario definition definition
        ExplanationOfBenefit patient patient
        FamilyMemberHistory patient patient
        Flag patient patient
        Goal patient patient
        GraphDefinition definition definition
        Group own own
        GuidanceResponse patient patient
        HealthcareService directory directory
        ImagingStudy patient patient
        Immunization patient patient
        ImmunizationEvaluation patient patient
        ImmunizationRecommendation patient patient
        ImplementationGuide definition definition
        InsurancePlan own own
        Invoice patient patient
        Library definition definition
        Linkage own own
        List patient patient
        Location directory directory
        Measure definition definition
        MeasureReport patient patient
        Media patient patient
        Medication own own
        MedicationAdministration patient patient
        MedicationDispense patient patient
        MedicationKnowledge definition definition
        MedicationRequest patient patient
        MedicationStatement patient patient
        MedicinalProduct definition definition
        MedicinalProductAuthorization definition definition
        MedicinalProductContraindication definition definition
        MedicinalProductIndication definition definition
        MedicinalProductIngredient definition definition
        MedicinalProductInteraction definition definition
        MedicinalProductManufactured definition definition
        MedicinalProductPackaged definition definition
        MedicinalProductPharmaceutical definition definition
        MedicinalProductUndesirableEffect definition definition
        MessageDefinition definition definition
        MessageHeader own own
        MolecularSequence patient patient
        NamingSystem definition definition
        NutritionOrder patient patient
        Observation patient patient
        ObservationDefinition definition definition
        OperationDefinition definition definition
        OperationOutcome patient patient
        Organization directory directory
        OrganizationAffiliation own own
        Parameters own own
        Patient patient patient
        PaymentNotice own own
        PaymentReconciliation own own
        Person patient patient
        PlanDefinition definition definition
        Practitioner directory directory
        PractitionerRole directory directory
        Procedure patient patient
        Provenance patient patient
        Questionnaire definition definition
        QuestionnaireResponse patient patient
        RelatedPerson patient patient
        RequestGroup patient patient
        ResearchDefinition definition definition
        ResearchElementDefinition definition definition
        ResearchStudy own own
        ResearchSubject patient patient
        RiskAssessment patient patient
        RiskEvidenceSynthesis definition definition
        Schedule own own
        SearchParameter definition definition
        ServiceRequest patient patient
        Slot own own
        Specimen patient patient
        SpecimenDefinition definition definition
        StructureDefinition definition definition
        StructureMap definition definition
        Subscription own own
        Substance own own
        SubstanceNucleicAcid definition definition
        SubstancePolymer definition definition
        SubstanceProtein definition definition
        SubstanceReferenceInformation definition definition
        SubstanceSourceMaterial definition definition
        SubstanceSpecification definition definition
        SupplyDelivery patient patient
        SupplyRequest patient patient
        Task patient patient
        TerminologyCapabilities definition definition
        TestReport definition definition
        TestScript definition definition
        ValueSet definition definition
        VerificationResult own own
        VisionPrescription patient patient
        """;

    private static readonly (string Type, Keeper Read, Keeper Write)[] Rows = [.. Lines.Split('\n').Select(Row)];
    private static readonly Dictionary<string, int> Numbers = Enumerable.Range(0, Rows.Length).ToDictionary(i => Rows[i].Type, i => i, StringComparer.Ordinal);

    public static IReadOnlyList<string> Types { get; } = [.. Rows.Select(r => r.Type)];

    /// <summary>The type's number in the database, or -1 for what is no R4 type.</summary>
    public static int Number(string type) => Numbers.GetValueOrDefault(type, -1);
    /// <summary>The same in a statement, where it may stand several times.</summary>
    internal static Database.Sql Named(string type) => Database.Sql.Named(type, Number(type));
    public static string Name(int number) => Rows[number].Type;
    public static Keeper ReadBy(string type) => Numbers.TryGetValue(type, out var n) ? Rows[n].Read : Keeper.Nobody;
    public static Keeper WrittenBy(string type) => Numbers.TryGetValue(type, out var n) ? Rows[n].Write : Keeper.Nobody;

    /// <summary>What stands in the directory or defines something is about no patient.</summary>
    internal static bool CanBeAboutPatients(string type) => ReadBy(type) is Keeper.Patient or Keeper.Message or Keeper.Policy or Keeper.Own;

    /// <summary>The types that are read by their own organisation, and by who keeps the directory.</summary>
    internal static IReadOnlySet<string> OwnOfDirectory { get; } = Rows.Where(r => r is { Read: Keeper.Own, Write: Keeper.Directory }).Select(r => r.Type).ToHashSet(StringComparer.Ordinal);

    /// <summary>The numbers of the types that one keeper reads.</summary>
    internal static IReadOnlyList<long> NumbersReadBy(Keeper keeper) => ReadNumbers[keeper];

    private static readonly Dictionary<Keeper, IReadOnlyList<long>> ReadNumbers = Enum.GetValues<Keeper>()
        .ToDictionary(k => k, k => (IReadOnlyList<long>)[.. Enumerable.Range(0, Rows.Length).Where(i => Rows[i].Read == k).Select(i => (long)i)]);

    private static (string, Keeper, Keeper) Row(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return (words[0], Enum.Parse<Keeper>(words[1], ignoreCase: true), Enum.Parse<Keeper>(words[2], ignoreCase: true));
    }
}

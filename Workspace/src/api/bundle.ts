import type { Bundle, FhirResource } from 'fhir/r4'

export type Found = Bundle<FhirResource>
type Of<Type> = Extract<FhirResource, { resourceType: Type }>

/** The resources of one type in a searchset; included ones and outcomes stand beside them. */
export const resourcesOf = <Type extends FhirResource['resourceType']>(bundle: Found, type: Type): Of<Type>[] =>
  (bundle.entry ?? []).flatMap(each => (each.resource?.resourceType === type ? [each.resource as Of<Type>] : []))

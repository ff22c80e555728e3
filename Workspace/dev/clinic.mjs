// An invented clinic with some threads, so that every state of the screens can be seen. Test BSNs only.
import { randomUUID } from 'node:crypto'

const people = [
  ['dr.jansen', 'J. Jansen', 'gp', 'de-linde'],
  ['dr.devries', 'F. de Vries', 'company-doctor', 'arbodienst-oost'],
  ['dr.bakker', 'M. Bakker', 'specialist', 'rijnmond'],
  ['s.dewit', 'S. de Wit', 'assistant', 'de-linde'],
]
const organizations = { 'de-linde': 'Huisartsenpraktijk De Linde', 'arbodienst-oost': 'Arbodienst Oost', rijnmond: 'Ziekenhuis Rijnmond' }
const patients = [
  ['Anna', 'de Groot', '1971-03-12', 'female', '999911120'], ['Pieter', 'van den Berg', '1958-11-02', 'male', '123456782'],
  ['Fatma', 'Yılmaz', '1984-07-23', 'female', '111222333'], ['Renée', 'Crèvecœur', '1990-01-30', 'female', '999990019'],
  ['Willem', 'Visser', '1966-05-09', 'male', '999990020'], ['Sanne', 'Mulder', '2021-09-14', 'female', '999990032'],
  ['Mohamed', 'el Idrissi', '1979-12-01', 'male', '999990044'], ['Johanna', 'Smit', '1947-04-18', 'female', '999990056'],
]
const role = name => `PractitionerRole/${name}`
const ago = minutes => new Date(Date.now() - minutes * 60_000).toISOString()

export function clinic() {
  const db = { users: [], resources: [], threads: [], messages: [], reads: [], deliveries: {}, binaries: {} }
  for (const [id, name] of Object.entries(organizations)) db.resources.push({ resourceType: 'Organization', id, name })
  for (const [name, display, code, org] of people) {
    const [given, ...family] = display.split(' ')
    const place = { practitioner: `Practitioner/${name}`, practitionerRole: role(name), organization: `Organization/${org}` }
    db.users.push({ name, display, role: code, organization: organizations[org], place })
    db.resources.push({ resourceType: 'Practitioner', id: name, name: [{ text: display, given: [given], family: family.join(' ') }] })
    db.resources.push({ resourceType: 'PractitionerRole', id: name, practitioner: { reference: place.practitioner }, organization: { reference: place.organization }, code: [{ coding: [{ code }] }] })
  }
  for (const [name, display, code] of [['admin', 'Beheer', 'administrator'], ['privacy', 'Privacy', 'privacy-officer']]) {
    db.users.push({ name, display, role: code, organization: null, place: { practitioner: null, practitionerRole: null, organization: null } })
  }
  patients.forEach(([given, family, birthDate, gender, bsn], index) => db.resources.push({
    resourceType: 'Patient', id: `p${index + 1}`, name: [{ given: [given], family, text: `${given} ${family}` }], birthDate, gender,
    identifier: [{ system: 'http://fhir.nl/fhir/NamingSystem/bsn', value: bsn }],
  }))
  stories(db)
  return db
}

function stories(db) {
  const jansen = role('dr.jansen'), devries = role('dr.devries'), bakker = role('dr.bakker')
  const until = new Date(Date.now() + 80 * 86_400_000).toISOString()
  db.resources.push({
    resourceType: 'Consent', id: 'c1', status: 'active', patient: { reference: 'Patient/p1' }, dateTime: ago(5000),
    provision: { type: 'permit', period: { start: ago(5000), end: until }, actor: [{ role: { coding: [{ code: 'IRCP' }] }, reference: { reference: devries } }], purpose: [{ code: 'CAREMGT' }] },
  })
  thread(db, 'p1', 'Belastbaarheid bij aanhoudende rugklachten', 'work-related', 'routine', [jansen, devries], 1600, [
    [jansen, 1600, 'Beste collega,\n\nMevrouw heeft sinds drie weken lage rugpijn zonder uitstraling. Bij onderzoek geen neurologische uitval, Lasègue negatief. Zij werkt in de thuiszorg en tilt dagelijks.\n\nMijn vraag: kan zij met aangepaste taken aan het werk, en zo ja onder welke voorwaarden?\n\nMet vriendelijke groet,\nJ. Jansen'],
    [devries, 1490, 'Dank voor de duidelijke vraag. Tillen boven 5 kg en langdurig staan raad ik nu af. Administratief werk en begeleidende taken kan zij wel doen, te beginnen met halve dagen.'],
    [devries, 1488, 'Heeft u een indruk of de pijn met bewegen afneemt?'],
    [jansen, 130, 'Ja, wandelen gaat goed en de nachten zijn rustig. Fysiotherapie start maandag.'],
    [devries, 12, 'Goed om te horen. Afgesproken: opbouw in drie weken naar volledige uren, zonder tillen. Ik zie haar over 3 weken terug op het spreekuur.'],
    [devries, 11, 'Wilt u haar vragen de werkgever hierover zelf te berichten?'],
  ], { [jansen]: 4, [devries]: 4 })
  thread(db, 'p2', 'Hartkloppingen na start levothyroxine', 'advice', 'urgent', [jansen, bakker], 300, [
    [jansen, 300, 'Meneer heeft sinds een week kloppingen in rust, pols 96 regulair. TSH 0,2. ECG volgt. Dosering verlagen of eerst een Holter?'],
    [bakker, 45, 'Eerst terug naar de vorige dosering. Stuurt u het ECG mee?'],
  ], { [jansen]: 1, [bakker]: 1 })
  thread(db, 'p3', 'Verwijzen voor cardiale screening?', 'referral-question', 'routine', [jansen, bakker], 2900, [
    [jansen, 2900, 'Vader overleden op 45-jarige leeftijd aan hartinfarct. Zelf klachtenvrij, LDL 4,1. Is screening zinvol?'],
    [bakker, 2800, 'Ja, graag verwijzen naar de poli cardiogenetica.'],
    [jansen, 2700, 'Dank, verwijzing is gedaan.'],
  ], { [jansen]: 3, [bakker]: 3 })
  thread(db, 'p7', 'Re-integratie na knieoperatie', 'work-related', 'routine', [jansen, devries], 12000, [
    [jansen, 12000, 'Zes weken na meniscectomie. Wanneer is traplopen op het werk weer verantwoord?'],
    [devries, 11800, 'Vanaf volgende week, mits zonder last.'],
  ], { [jansen]: 2, [devries]: 2 }, { state: 'accepted', at: ago(9000) })
  thread(db, 'p8', 'Antistolling rond staaroperatie', 'advice', 'routine', [jansen, bakker], 15000, [
    [jansen, 15000, 'Kan de antistolling doorgaan?'], [bakker, 14900, 'Ja, doorgaan.'],
  ], { [jansen]: 2, [bakker]: 2 }, { state: 'parked', at: ago(8000), detail: 'De patiënt heeft bij de ontvanger geen bekend nummer.' })
  thread(db, 'p5', 'Verzuim en slaapklachten', 'work-related', 'routine', [devries, jansen], 20000, [
    [devries, 20000, 'Is er bij u iets bekend over slaapapneu?'], [jansen, 19000, 'Nee, geen onderzoek gedaan.'],
  ], { [jansen]: 2, [devries]: 2 }, { state: 'rejected', at: ago(7000), detail: 'AE: PID-3 onbekend' })
}

function thread(db, patient, topic, category, priority, [sender, ...recipients], minutes, said, reads, delivery) {
  const id = randomUUID()
  db.threads.push({
    resourceType: 'Communication', id, status: delivery ? 'completed' : 'in-progress', category: [{ coding: [{ code: category }] }], priority,
    subject: { reference: `Patient/${patient}` }, topic: { text: topic }, sender: { reference: sender }, recipient: recipients.map(reference => ({ reference })), sent: ago(minutes),
  })
  said.forEach(([from, at, text], index) => db.messages.push({
    resourceType: 'Communication', id: randomUUID(), status: 'completed', sent: ago(at), sender: { reference: from }, payload: [{ contentString: text }],
    extension: [{ url: 'https://samenspraak.example/fhir/StructureDefinition/thread-seq', valueInteger: index + 1 }],
    identifier: [{ system: 'https://samenspraak.example/fhir/sid/client-id', value: randomUUID() }], partOf: [{ reference: `Communication/${id}` }],
  }))
  for (const [reader, seq] of Object.entries(reads)) db.reads.push({ thread: id, reader, seq, at: ago(said[seq - 1][1] - 5) })
  if (delivery) {
    db.deliveries[id] = delivery
    db.resources.push({
      resourceType: 'DocumentReference', id: randomUUID(), status: 'current', description: 'Samenvatting overleg', date: delivery.at,
      context: { related: [{ reference: `Communication/${id}` }] },
      content: [{ attachment: { contentType: 'application/pdf', title: 'samenvatting.pdf', data: Buffer.from('%PDF-1.4').toString('base64') } }],
    })
  }
}

import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Attachment } from 'fhir/r4'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { download } from '../api/binaries'
import { resourcesOf } from '../api/bundle'
import type { Found } from '../api/bundle'
import { getJson } from '../api/http'
import type { Thread } from '../api/threads'
import { useDates } from '../i18n/dates'
import { DownloadIcon } from '../shell/Icons'
import { PdfView } from '../shell/PdfView'
import { Problem } from '../shell/Problem'
import css from './Context.module.css'

const documentsOf = async (thread: string) =>
  resourcesOf(await getJson<Found>(`/fhir/DocumentReference?related=${thread}&_sort=-date&_count=20`), 'DocumentReference')

export function Documents({ thread }: { thread: Thread }) {
  const { t } = useTranslation()
  const dates = useDates()
  const { data, isError, error, refetch } = useQuery({ queryKey: ['documents', thread.ref], queryFn: () => documentsOf(thread.ref) })
  const delivered = thread.deliveries.map(each => each.state).join()
  useEffect(() => { void refetch() }, [refetch, thread.closed, delivered])
  if (isError) return <Problem error={error} onRetry={() => void refetch()} />
  if (!data) return <Skeleton height={34} />
  if (data.length === 0) return <p className="soft">{t('context.noDocuments')}</p>
  return (
    <ul className={css.documents} data-testid="documents">
      {data.map(each => (
        <li key={each.id} data-testid="document">
          <p>{each.description ?? each.type?.text ?? t('context.other')}{each.date && <span className="soft"> · {dates.dateTime(each.date)}</span>}</p>
          {each.content.map(({ attachment }, index) => <DownloadButton key={index} attachment={attachment} />)}
        </li>
      ))}
    </ul>
  )
}

function DownloadButton({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation()
  const [problem, setProblem] = useState<unknown>(null)
  const pdf = attachment.contentType === 'application/pdf'
  const name = pdf ? t('context.pdf') : attachment.contentType?.includes('fhir') ? t('context.fhir') : (attachment.title ?? t('context.other'))
  const save = (): void => {
    setProblem(null)
    download({ ...attachment, title: fileName(attachment.title ?? 'document', pdf ? '.pdf' : '.json') }).catch(setProblem)
  }
  return (
    <>
      <Button size="xs" variant={pdf ? 'light' : 'subtle'} leftSection={<DownloadIcon size={14} />} onClick={save} data-testid={pdf ? 'document-pdf' : 'document-other'}>{name}</Button>
      {pdf && <PdfView attachment={attachment} name={name} />}
      {problem !== null && <Problem error={problem} onRetry={save} />}
    </>
  )
}

const fileName = (title: string, ending: string): string => (title.toLowerCase().endsWith(ending) ? title : `${title}${ending}`)

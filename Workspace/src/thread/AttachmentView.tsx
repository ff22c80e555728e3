import { ActionIcon, Modal, Skeleton, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Attachment } from 'fhir/r4'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bytesOf, download } from '../api/binaries'
import { DownloadIcon, FileIcon } from '../shell/Icons'
import { PdfView } from '../shell/PdfView'
import { Problem } from '../shell/Problem'
import { useObjectUrl } from '../shell/useObjectUrl'
import css from './Message.module.css'

export function AttachmentView({ attachment }: { attachment: Attachment }) {
  const { t } = useTranslation()
  const [problem, setProblem] = useState<unknown>(null)
  const name = attachment.title ?? t('attachment.unnamed')
  const save = (): void => {
    setProblem(null)
    download(attachment).catch(setProblem)
  }
  return (
    <div className={css.attachment} data-testid="attachment">
      {attachment.contentType?.startsWith('image/') && <Picture attachment={attachment} name={name} />}
      <div className={css.fileRow}>
        <FileIcon size={18} />
        <span className={css.fileName}>{name}</span>
        {attachment.size !== undefined && <span className="soft num">{size(attachment.size)}</span>}
        {attachment.contentType === 'application/pdf' && <PdfView attachment={attachment} name={name} />}
        <Tooltip label={t('attachment.download', { name })}>
          <ActionIcon variant="subtle" size={28} aria-label={t('attachment.download', { name })} onClick={save} data-testid="download"><DownloadIcon size={16} /></ActionIcon>
        </Tooltip>
      </div>
      {problem !== null && <Problem error={problem} onRetry={save} />}
    </div>
  )
}

/** A picture needs the bearer token, so it comes by fetch; its box is there before it is. */
function Picture({ attachment, name }: { attachment: Attachment; name: string }) {
  const { t } = useTranslation()
  const [large, setLarge] = useState(false)
  const bytes = useQuery({ queryKey: ['binary', attachment.url], queryFn: () => bytesOf(attachment), staleTime: Infinity })
  const url = useObjectUrl(bytes.data)
  if (bytes.isError) return <p className="soft">{t('attachment.failed')}</p>
  if (!url) return <Skeleton className={css.picture} />
  return (
    <>
      <button type="button" className={css.picture} onClick={() => setLarge(true)} aria-label={t('attachment.open', { name })} data-testid="picture"><img src={url} alt="" /></button>
      <Modal opened={large} onClose={() => setLarge(false)} title={name} size="auto" closeButtonProps={{ 'aria-label': t('close') }}>
        <img className={css.large} src={url} alt={name} />
      </Modal>
    </>
  )
}

const size = (bytes: number): string => (bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`)

import { ActionIcon, Modal, Skeleton, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Attachment } from 'fhir/r4'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { bytesOf } from '../api/binaries'
import { EyeIcon } from './Icons'
import css from './PdfView.module.css'
import { Problem } from './Problem'
import { useObjectUrl } from './useObjectUrl'

/** The browser's own PDF viewer, on bytes that came with the token. */
export function PdfView({ attachment, name }: { attachment: Attachment; name: string }) {
  const { t } = useTranslation()
  const [opened, setOpened] = useState(false)
  const label = t('attachment.view', { name })
  return (
    <>
      <Tooltip label={label}>
        <ActionIcon variant="subtle" size={28} aria-label={label} onClick={() => setOpened(true)} data-testid="view-pdf"><EyeIcon size={16} /></ActionIcon>
      </Tooltip>
      <Modal opened={opened} onClose={() => setOpened(false)} title={name} size={900} closeButtonProps={{ 'aria-label': t('close') }}>
        <Pages attachment={attachment} name={name} />
      </Modal>
    </>
  )
}

function Pages({ attachment, name }: { attachment: Attachment; name: string }) {
  const { data, isError, error, refetch } = useQuery({ queryKey: ['binary', attachment.url], queryFn: () => bytesOf(attachment), staleTime: Infinity })
  const url = useObjectUrl(data)
  if (isError) return <Problem error={error} onRetry={() => void refetch()} />
  return url ? <iframe className={css.pages} src={`${url}#navpanes=0&view=FitH`} title={name} /> : <Skeleton className={css.pages} />
}

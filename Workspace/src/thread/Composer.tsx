import { ActionIcon, Button, CloseButton, Textarea, Tooltip } from '@mantine/core'
import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { acceptedTypes, mostBytes } from '../api/binaries'
import { useSession } from '../session/context'
import { useDraft } from '../shell/useDraft'
import { ClipIcon, FileIcon, SendIcon } from '../shell/Icons'
import { useKeys } from '../shell/keys'
import { useEngine } from '../sync/EngineProvider'
import css from './Composer.module.css'

export function Composer({ thread }: { thread: string }) {
  const { t } = useTranslation()
  const { self } = useSession()
  const engine = useEngine()
  const [text, setText] = useDraft(`${self} ${thread}`, '')
  const [files, setFiles] = useState<File[]>([])
  const [complaints, setComplaints] = useState<string[]>([])
  const input = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  useKeys(useMemo(() => ({ r: () => input.current?.focus() }), []))
  const empty = text.trim() === '' && files.length === 0

  const add = (chosen: File[]): void => {
    const wrong = chosen.map(file => ({ file, why: complaint(file) }))
    setComplaints(wrong.flatMap(({ file, why }) => (why ? [t(`composer.${why}`, { name: file.name })] : [])))
    setFiles(now => [...now, ...wrong.flatMap(({ file, why }) => (why ? [] : [file]))])
  }
  const send = (): void => {
    if (empty) return
    engine.send(thread, text.trim(), files)
    setText('')
    setFiles([])
    setComplaints([])
    input.current?.focus()
  }

  return (
    <form
      className={css.composer} onSubmit={event => { event.preventDefault(); send() }}
      onDragOver={event => event.preventDefault()} onDrop={event => { event.preventDefault(); add([...event.dataTransfer.files]) }}
    >
      {complaints.length > 0 && <div className={css.complaints} role="alert">{complaints.map(each => <p key={each}>{each}</p>)}</div>}
      {files.length > 0 && (
        <ul className={css.files}>
          {files.map((file, index) => (
            <li key={index} data-testid="chosen-file">
              <FileIcon size={15} /><span className="clip">{file.name}</span>
              <CloseButton size="xs" aria-label={t('composer.remove', { name: file.name })} onClick={() => setFiles(files.filter(each => each !== file))} />
            </li>
          ))}
        </ul>
      )}
      <Textarea
        ref={input} value={text} onChange={event => setText(event.currentTarget.value)} autosize minRows={2} maxRows={9} size="md"
        aria-label={t('composer.label')} placeholder={t('composer.placeholder')} data-testid="composer" classNames={{ input: css.input }}
        onKeyDown={event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send() } }}
        onPaste={event => { if (event.clipboardData.files.length > 0) { event.preventDefault(); add([...event.clipboardData.files]) } }}
      />
      <div className={css.bar}>
        <input
          ref={picker} type="file" hidden multiple accept={acceptedTypes.join(',')} data-testid="attach-input"
          onChange={event => { add([...(event.currentTarget.files ?? [])]); event.currentTarget.value = '' }}
        />
        <Tooltip label={t('composer.attach')}>
          <ActionIcon variant="subtle" color="gray" size={34} aria-label={t('composer.attach')} onClick={() => picker.current?.click()} data-testid="attach"><ClipIcon /></ActionIcon>
        </Tooltip>
        <span className={css.hint}>{t('composer.hint')}</span>
        <Button type="submit" disabled={empty} leftSection={<SendIcon size={16} />} data-testid="send">{t('composer.send')}</Button>
      </div>
    </form>
  )
}

/** The server looks at the content; this only spares the user a long upload for a plain no. */
function complaint(file: File): 'wrongType' | 'tooBig' | 'isEmpty' | null {
  if (!acceptedTypes.some(each => each === file.type)) return 'wrongType'
  if (file.size === 0) return 'isEmpty'
  return file.size > mostBytes ? 'tooBig' : null
}

import { Alert, Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ApiError, issueText } from '../api/http'

/** What went wrong, in the server's own words where it had any. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation()
  const api = error instanceof ApiError ? error : null
  const issues = api?.issues.filter(each => issueText(each) !== '') ?? []
  return (
    <Alert color="red" variant="light" role="alert" title={titleOf(api)} data-testid="problem" my="xs">
      {issues.length === 0 && <p>{api?.status === 0 ? t('problem.noAnswer') : api ? `${t('problem.unexpected')} (${api.status})` : t('problem.unexpected')}</p>}
      {issues.map((issue, index) => (
        <p key={index}>
          {issueText(issue)}
          {issue.expression?.[0] && <span className="soft"> {t('problem.at', { where: issue.expression[0] })}</span>}
        </p>
      ))}
      {onRetry && <Button size="xs" variant="default" mt="xs" onClick={onRetry} data-testid="retry">{t('retry')}</Button>}
    </Alert>
  )

  function titleOf(api: ApiError | null): string {
    if (api?.status === 403) return t('problem.forbidden')
    if (api?.status === 404 || api?.status === 410) return t('problem.notFound')
    return api && api.status >= 400 && api.status < 500 ? t('problem.refused') : t('problem.title')
  }
}

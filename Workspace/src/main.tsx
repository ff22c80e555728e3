import '@mantine/core/styles.css'
import './app.css'
import { MantineProvider } from '@mantine/core'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { startTexts } from './i18n'
import { theme, variables } from './theme'

await startTexts()
createRoot(document.getElementById('root')!).render(
  <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="light">
    <App />
  </MantineProvider>,
)

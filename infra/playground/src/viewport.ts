/**
 * Keeps the page as high as what the on-screen keyboard leaves of the window, where
 * the browser does not by itself. Returns what ends that.
 */
export function fitToViewport (): () => void {
  const viewport = window.visualViewport
  if (viewport === null) return () => {}
  const { style } = document.documentElement
  const adjust = () => {
    if (viewport.scale > 1.01) return // somebody has zoomed in, and wants to see a part
    style.setProperty('--page-height', `${viewport.height}px`)
    if (viewport.offsetTop > 0) scrollTo(0, 0)
  }
  viewport.addEventListener('resize', adjust)
  viewport.addEventListener('scroll', adjust)
  adjust()
  return () => {
    viewport.removeEventListener('resize', adjust)
    viewport.removeEventListener('scroll', adjust)
    style.removeProperty('--page-height')
  }
}

import './styles/tokens.css'
import './styles/base.css'
import { isRoomId, roomOf } from './links'
import { startTheme } from './theme'

startTheme()
const room = roomOf(location)
addEventListener('hashchange', () => location.reload()) // another room, by a link of that form

if (room === null) {
  const { showStart } = await import('./start')
  showStart()
} else if (isRoomId(room.id)) {
  const { showRoom } = await import('./room-page')
  showRoom(room.id, room.form)
} else {
  const { showNoRoom } = await import('./end-page')
  showNoRoom()
}

// The look of others' carets in Monaco: a rule for each, as the README of y-monaco
// asks for, since it only gives them a class.

// dress keeps a style sheet with the names and colors of all who are in a room.
// They are set as properties, so that nobody's name or color can be more than that.
export function dress ({ doc, awareness }) {
  const sheet = new CSSStyleSheet()
  document.adoptedStyleSheets.push(sheet)
  const draw = () => {
    sheet.replaceSync('')
    for (const [client, { user = {} }] of awareness.getStates()) {
      if (client === doc.clientID) continue
      set(sheet, `.yRemoteSelection-${client}`, { 'background-color': user.colorLight })
      set(sheet, `.yRemoteSelectionHead-${client}`, { 'border-left': `2px solid ${user.color}` })
      set(sheet, `.yRemoteSelectionHead-${client}::after`, { content: quoted(user.name ?? 'Anonymous'), 'background-color': user.color })
    }
  }
  awareness.on('change', draw)
  draw()
}

function set (sheet, selector, properties) {
  const rule = sheet.cssRules[sheet.insertRule(selector + ' {}')]
  for (const [name, value] of Object.entries(properties)) rule.style.setProperty(name, value ?? '')
}

// quoted is a text as a string of CSS.
function quoted (text) {
  return '"' + text.replace(/["\\\n]/g, c => `\\${c.charCodeAt(0).toString(16)} `) + '"'
}

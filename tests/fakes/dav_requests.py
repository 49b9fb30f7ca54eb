"""What iPhones, Macs and DAVx5 ask, as they write it: bodies and headers of their requests in the order they come.

The prefixes, the order of properties and the properties that nobody has are theirs.
"""

from __future__ import annotations

from typing import Final

# --- iOS (dataaccessd) and macOS (AddressBook) ----------------------------------------------------------------

IOS: Final = {"User_Agent": "iOS/17.5.1 (21F90) dataaccessd/1.0", "Content_Type": "text/xml", "Brief": "t"}
MACOS: Final = {"User_Agent": "macOS/14.5 (23F79) AddressBookCore/2616.4", "Content_Type": "text/xml", "Brief": "t"}

APPLE_FIRST: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<A:propfind xmlns:A="DAV:">\n  <A:prop>\n    <A:current-user-principal/>\n'
    "    <A:principal-URL/>\n    <A:resourcetype/>\n  </A:prop>\n</A:propfind>\n"
)
APPLE_PRINCIPAL: Final = """<?xml version="1.0" encoding="UTF-8"?>
<A:propfind xmlns:A="DAV:">
  <A:prop>
    <B:addressbook-home-set xmlns:B="urn:ietf:params:xml:ns:carddav"/>
    <B:directory-gateway xmlns:B="urn:ietf:params:xml:ns:carddav"/>
    <A:displayname/>
    <C:email-address-set xmlns:C="http://calendarserver.org/ns/"/>
    <A:principal-collection-set/>
    <A:principal-URL/>
    <A:resource-id/>
    <A:supported-report-set/>
  </A:prop>
</A:propfind>
"""
APPLE_HOME: Final = """<?xml version="1.0" encoding="UTF-8"?>
<A:propfind xmlns:A="DAV:">
  <A:prop>
    <A:add-member/>
    <D:bulk-requests xmlns:D="http://me.com/_namespace/"/>
    <A:current-user-privilege-set/>
    <A:displayname/>
    <D:guardian-restricted xmlns:D="http://me.com/_namespace/"/>
    <B:max-image-size xmlns:B="urn:ietf:params:xml:ns:carddav"/>
    <B:max-resource-size xmlns:B="urn:ietf:params:xml:ns:carddav"/>
    <C:me-card xmlns:C="http://calendarserver.org/ns/"/>
    <A:owner/>
    <C:push-transports xmlns:C="http://calendarserver.org/ns/"/>
    <C:pushkey xmlns:C="http://calendarserver.org/ns/"/>
    <A:quota-available-bytes/>
    <A:quota-used-bytes/>
    <A:resource-id/>
    <A:resourcetype/>
    <A:supported-report-set/>
    <A:sync-token/>
    <C:getctag xmlns:C="http://calendarserver.org/ns/"/>
  </A:prop>
</A:propfind>
"""
APPLE_SYNC: Final = """<?xml version="1.0" encoding="UTF-8"?>
<A:sync-collection xmlns:A="DAV:">
  <A:sync-token>{}</A:sync-token>
  <A:sync-level>1</A:sync-level>
  <A:prop>
    <A:getcontenttype/>
    <A:getetag/>
  </A:prop>
</A:sync-collection>
"""
APPLE_LIST: Final = """<?xml version="1.0" encoding="UTF-8"?>
<A:propfind xmlns:A="DAV:">
  <A:prop>
    <A:getetag/>
    <A:resourcetype/>
  </A:prop>
</A:propfind>
"""
APPLE_MULTIGET: Final = """<?xml version="1.0" encoding="UTF-8"?>
<B:addressbook-multiget xmlns:B="urn:ietf:params:xml:ns:carddav">
  <A:prop xmlns:A="DAV:">
    <A:getetag/>
    <B:address-data/>
  </A:prop>
  {}
</B:addressbook-multiget>
"""
APPLE_HREF: Final = '<A:href xmlns:A="DAV:">{}</A:href>'
APPLE_ME: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<A:propertyupdate xmlns:A="DAV:"><A:set><A:prop>'
    '<C:me-card xmlns:C="http://calendarserver.org/ns/"><A:href>{}</A:href></C:me-card>'
    "</A:prop></A:set></A:propertyupdate>\n"
)
APPLE_CARD: Final = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//iPhone OS 17.5.1//EN\r\nN:王;芳;;;\r\nFN:王芳\r\n"
    "X-PHONETIC-LAST-NAME:Wang\r\nORG:彩邮;\r\nitem1.EMAIL;type=INTERNET;type=pref:wf@example.cn\r\n"
    "item1.X-ABLabel:_$!<Other>!$_\r\nTEL;type=CELL;type=VOICE;type=pref:+86 138 0013 8000\r\n"
    "item2.X-ABRELATEDNAMES;type=pref:李明\r\nitem2.X-ABLabel:_$!<Spouse>!$_\r\n"
    "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-15\r\n"
    "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAASABIAAD/4QBMRXhpZgAATU0AKgA\r\n AAAgAAgESAAMAAAABAAEAAIdpAAQA\r\n"
    "REV:2026-11-25T08:00:00Z\r\nUID:6F9619FF-8B86-D011-B42D-00C04FC964FF\r\nEND:VCARD\r\n"
)
APPLE_GROUP: Final = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:-//Apple Inc.//macOS 14.5//EN\r\nN:同事\r\nFN:同事\r\n"
    "X-ADDRESSBOOKSERVER-KIND:group\r\n"
    "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:6F9619FF-8B86-D011-B42D-00C04FC964FF\r\nREV:2026-11-25T08:00:00Z\r\n"
    "UID:0A1B2C3D-0000-4000-8000-00805F9B34FB\r\nEND:VCARD\r\n"
)

# --- DAVx5 (dav4jvm) ------------------------------------------------------------------------------------------

DAVX5: Final = {
    "User_Agent": "DAVx5/4.5.1-ose (dav4jvm; okhttp/5.1.0) Android/15",
    "Content_Type": "application/xml; charset=utf-8",
}
_DAVX5: Final = (
    "<?xml version='1.0' encoding='UTF-8' ?>"
    '<propfind xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:CARD="urn:ietf:params:xml:ns:carddav">'
    "<prop>{}</prop></propfind>"
)
DAVX5_GIVEN: Final = _DAVX5.format(
    "<resourcetype /><displayname /><current-user-principal /><CARD:addressbook-home-set />"
    "<CARD:addressbook-description />"
)
DAVX5_WELL_KNOWN: Final = _DAVX5.format("<current-user-principal />")
DAVX5_PRINCIPAL: Final = _DAVX5.format(
    "<displayname /><group-membership /><resourcetype /><CARD:addressbook-home-set />"
)
DAVX5_HOME: Final = _DAVX5.format(
    '<current-user-privilege-set /><displayname /><owner /><resourcetype /><P:transports xmlns:P="https://bitfire.at/'
    'webdav-push" /><P:topic xmlns:P="https://bitfire.at/webdav-push" /><CARD:addressbook-description />'
)
DAVX5_STATE: Final = _DAVX5.format(
    '<supported-report-set /><sync-token /><n1:getctag xmlns:n1="http://calendarserver.org/ns/" />'
    "<CARD:max-resource-size /><CARD:supported-address-data />"
)
DAVX5_SYNC: Final = (
    "<?xml version='1.0' encoding='UTF-8' ?><sync-collection xmlns=\"DAV:\"><sync-token>{}</sync-token>"
    "<sync-level>1</sync-level><prop><getetag /><resourcetype /></prop></sync-collection>"
)
DAVX5_MULTIGET: Final = (
    "<?xml version='1.0' encoding='UTF-8' ?>"
    '<CARD:addressbook-multiget xmlns="DAV:" xmlns:CARD="urn:ietf:params:xml:ns:carddav"><prop><getcontenttype />'
    '<getetag /><CARD:address-data content-type="text/vcard" version="4.0" /></prop>{}</CARD:addressbook-multiget>'
)
DAVX5_CARD: Final = (
    "BEGIN:VCARD\r\nVERSION:4.0\r\nPRODID:+//IDN bitfire.at//DAVx5/4.5.1-ose ez-vcard/0.12.1\r\n"
    "UID:3b8ac1ac-8d4e-4c1d-9d3a-2f1f0d9f9b11\r\nFN:李明\r\nN:李;明;;;\r\nTEL;TYPE=cell:+86 139 0013 9000\r\n"
    "EMAIL;TYPE=home:lm@example.cn\r\nBDAY:--0415\r\nCATEGORIES:同事\r\nREV:20261125T080000Z\r\nEND:VCARD\r\n"
)

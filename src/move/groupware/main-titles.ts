/**
 * Names that servers show for the calendar and the address book that they made themselves, in the languages of their people: those of
 * 28.0.2, 32.0.1 and 34.0.1 (apps/dav/l10n; Calendar and AddressBook translate them when they are listed).
 */
export const mainCalendarTitles: readonly string[] = [
  'Asmeniniai', 'Binafsi', 'Einka', 'Henkilökohtainen', 'Isiklik', 'Kişisel', 'Osebno', 'Osobiste', 'Osobno', 'Osobné', 'Osobní',
  'Pearsanta', 'Persoal', 'Persona', 'Personal', 'Personale', 'Personleg', 'Personlig', 'Personligt', 'Personnel', 'Personīgi',
  'Persoonlijk', 'Persönlich', 'Pertsonala', 'Pessoal', 'Pribadi', 'Privat', 'Személyes', 'Προσωπικά', 'Личен', 'Лично', 'Личное',
  'Особисте', 'Хувийн', 'אישי', 'خاص', 'شخصي', 'شخصی', 'شەخسىي', 'ສ່ວນບຸກຄົນ', 'პირადი', '个人', '個人', '개인',
]

export const mainBookTitles: readonly string[] = [
  'Adresatai', 'Contactes', 'Contactos', 'Contactpersonen', 'Contacts', 'Contatos', 'Contatti', 'Contautos', 'Cuntatos', 'Kişiler',
  'Kontak', 'Kontaktai', 'Kontakte', 'Kontakter', 'Kontaktet', 'Kontakti', 'Kontaktid', 'Kontaktoj', 'Kontaktuak', 'Kontakty',
  'Mawasiliano', 'Névjegyek', 'Persoane de contact', 'Stiki', 'Teagmhálaithe', 'Tengiliðir', 'Yhteystiedot', 'Επαφές', 'Контакти',
  'Контакты', 'Харилцагчид', 'אנשי קשר', 'ئالاقەداشلار', 'المُراسِلون', 'جهات الاتصال', 'مخاطبان', 'مخاطبین', 'ຕິດຕໍ່', 'კონტაქტები',
  '联系人', '聯絡人', '連絡先', '연락처',
]

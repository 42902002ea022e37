-- title: Why is it not in the archive?
-- description: Addresses that were found but gave no article, with the reason; newest first. Other sources that list one too are named beside it.
-- param address: part of an address; empty for all
SELECT found_at AS found, source_id AS source, reason, title, url, tries,
       mentioned_by
FROM rejected WHERE :address = '' OR instr(url, :address) > 0
ORDER BY found_at DESC LIMIT 200

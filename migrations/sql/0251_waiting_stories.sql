-- Package: content.
-- Of two people who consented at once neither was seen to be the last: the county has not been asked to check the story.
UPDATE stories SET state = 'consented'
 WHERE state = 'draft'
   AND EXISTS (SELECT FROM story_people WHERE story_id = stories.id)
   AND NOT EXISTS (SELECT FROM story_people
                    WHERE story_id = stories.id
                      AND (ended_at IS NOT NULL OR (consent_id IS NULL AND paper_on IS NULL)));

-- A county's answer to a grievance is looked at again by the level above the county, not by the platform. Grievances that were
-- received before keep the path that they were received with.
UPDATE case_categories SET path = '{county,supervisor}' WHERE code = 'grievance';

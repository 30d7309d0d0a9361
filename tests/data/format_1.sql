-- A store as the first layout kept it, before there were revisions.
BEGIN TRANSACTION;
CREATE TABLE deliveries (
	id VARCHAR(32) NOT NULL,
	kind VARCHAR(64) NOT NULL,
	operator VARCHAR(128),
	part VARCHAR(128) NOT NULL,
	valid_from DATE,
	file_name TEXT,
	file_digest VARCHAR(64),
	original VARCHAR(64),
	received_at DATETIME NOT NULL,
	state VARCHAR(16) NOT NULL,
	who TEXT NOT NULL,
	report JSON NOT NULL,
	version VARCHAR(64),
	CONSTRAINT pk_deliveries PRIMARY KEY (id),
	CONSTRAINT fk_deliveries_version FOREIGN KEY(version) REFERENCES layer_versions (version)
);
INSERT INTO "deliveries" VALUES('36ea58e9105ba1541510617453ea857d','districts',NULL,'stadtteil',NULL,NULL,NULL,NULL,'2026-03-01 08:14:00.000246','published','stadt','{}','3389b2abde3f08c573cc4f758b589b92c03dbf7961cad9f6d3ef5fe44cae4b3b');
INSERT INTO "deliveries" VALUES('81113e9a0e83a587c93d427656ef3820','fibre_addresses','op1','','2025-06-30',NULL,NULL,NULL,'2026-03-01 08:28:00.000492','published','partner','{"findings": [{"code": "decimal_comma", "Größe": "1,5", "n": null}]}','ac59b6f48ae489770e74a5cffc96d8cac18fc1aac8eaa67f6f7886b885d52e4d');
INSERT INTO "deliveries" VALUES('be5d7100773b985f361a2dfd49c3e769','fibre_addresses','op1','','2025-06-30',NULL,NULL,NULL,'2026-03-01 08:35:00.000615','withdrawn','partner','{"findings": [{"code": "decimal_comma", "Größe": "1,5", "n": null}]}','1569a17d215abdff7ba9a9848307023eaad8e861cae98d11c182b991d4766d43');
INSERT INTO "deliveries" VALUES('272a125bd9d2a0f1b3d77c8fc8ee46ce','fibre_addresses','op2','','2025-06-30',NULL,NULL,NULL,'2026-03-01 08:42:00.000738','published','partner','{"findings": [{"code": "decimal_comma", "Größe": "1,5", "n": null}]}','31c0009c445d5eec77f10f291bb96f2071e9d4132b08c2bb4f9071f203d072c7');
INSERT INTO "deliveries" VALUES('d77b81bdef5a062f56adc3b1d93b07af','fibre_areas','op2','','2025-06-30',NULL,NULL,NULL,'2026-03-01 09:17:00.001353','rejected','partner','{"findings": []}',NULL);
CREATE TABLE derived (
	"key" VARCHAR(512) NOT NULL,
	form VARCHAR(16) NOT NULL,
	object VARCHAR(64) NOT NULL,
	details JSON NOT NULL,
	CONSTRAINT pk_derived PRIMARY KEY ("key")
);
INSERT INTO "derived" VALUES('reach/a/b','frame','9f1c021eb2c8d1624b171f88c8854265f5770368e460384656546c578f0f6faa','{"bits": [null, "ä"]}');
CREATE TABLE events (
	id INTEGER NOT NULL,
	at DATETIME NOT NULL,
	who TEXT NOT NULL,
	what VARCHAR(32) NOT NULL,
	delivery VARCHAR(32),
	from_state VARCHAR(16),
	to_state VARCHAR(16),
	why TEXT NOT NULL,
	CONSTRAINT pk_events PRIMARY KEY (id),
	CONSTRAINT fk_events_delivery FOREIGN KEY(delivery) REFERENCES deliveries (id)
);
INSERT INTO "events" VALUES(1,'2026-03-01 08:14:00.000246','stadt','delivery','36ea58e9105ba1541510617453ea857d',NULL,'staged','');
INSERT INTO "events" VALUES(2,'2026-03-01 08:21:00.000369','stadt','delivery','36ea58e9105ba1541510617453ea857d','staged','published','');
INSERT INTO "events" VALUES(3,'2026-03-01 08:28:00.000492','partner','delivery','81113e9a0e83a587c93d427656ef3820',NULL,'staged','');
INSERT INTO "events" VALUES(4,'2026-03-01 08:35:00.000615','partner','delivery','be5d7100773b985f361a2dfd49c3e769',NULL,'staged','');
INSERT INTO "events" VALUES(5,'2026-03-01 08:42:00.000738','partner','delivery','272a125bd9d2a0f1b3d77c8fc8ee46ce',NULL,'staged','');
INSERT INTO "events" VALUES(6,'2026-03-01 08:49:00.000861','anna','delivery','81113e9a0e83a587c93d427656ef3820','staged','published','');
INSERT INTO "events" VALUES(7,'2026-03-01 08:56:00.000984','berta','delivery','be5d7100773b985f361a2dfd49c3e769','staged','published','');
INSERT INTO "events" VALUES(8,'2026-03-01 08:56:00.000984','berta','delivery','81113e9a0e83a587c93d427656ef3820','published','superseded','be5d7100 was published for the same date');
INSERT INTO "events" VALUES(9,'2026-03-01 09:03:00.001107','anna','delivery','272a125bd9d2a0f1b3d77c8fc8ee46ce','staged','published','');
INSERT INTO "events" VALUES(10,'2026-03-01 09:10:00.001230','carla','delivery','be5d7100773b985f361a2dfd49c3e769','published','withdrawn','falsche Straße');
INSERT INTO "events" VALUES(11,'2026-03-01 09:10:00.001230','carla','delivery','81113e9a0e83a587c93d427656ef3820','superseded','published','be5d7100, which superseded it, was withdrawn');
INSERT INTO "events" VALUES(12,'2026-03-01 09:17:00.001353','partner','delivery','d77b81bdef5a062f56adc3b1d93b07af',NULL,'rejected','1 error');
CREATE TABLE layer_versions (
	version VARCHAR(64) NOT NULL,
	kind VARCHAR(64) NOT NULL,
	operator VARCHAR(128),
	part VARCHAR(128) NOT NULL,
	valid_from DATE,
	form VARCHAR(16) NOT NULL,
	object VARCHAR(64) NOT NULL,
	crs TEXT NOT NULL,
	row_count INTEGER NOT NULL,
	provenance JSON NOT NULL,
	CONSTRAINT pk_layer_versions PRIMARY KEY (version)
);
INSERT INTO "layer_versions" VALUES('3389b2abde3f08c573cc4f758b589b92c03dbf7961cad9f6d3ef5fe44cae4b3b','districts',NULL,'stadtteil',NULL,'frame','fd332dcd93b7fb8c4957b1fcabb7ca89aca50812aa180a7fc21fb32ffa6f9901','EPSG:25832',1,'{"source": "test", "operator": null, "valid_from": null, "licence": null, "digest": ""}');
INSERT INTO "layer_versions" VALUES('ac59b6f48ae489770e74a5cffc96d8cac18fc1aac8eaa67f6f7886b885d52e4d','fibre_addresses','op1','','2025-06-30','frame','4d3763d443724b52f56a312c8056b50be3fc1aa8d2bce208f2374436dc89ca08','EPSG:25832',1,'{"source": "test", "operator": "op1", "valid_from": "2025-06-30", "licence": null, "digest": ""}');
INSERT INTO "layer_versions" VALUES('1569a17d215abdff7ba9a9848307023eaad8e861cae98d11c182b991d4766d43','fibre_addresses','op1','','2025-06-30','frame','4722653aa63102e6a828bbc10bb87e841480fbb33e3640a88d922731651c80bd','EPSG:25832',1,'{"source": "test", "operator": "op1", "valid_from": "2025-06-30", "licence": null, "digest": ""}');
INSERT INTO "layer_versions" VALUES('31c0009c445d5eec77f10f291bb96f2071e9d4132b08c2bb4f9071f203d072c7','fibre_addresses','op2','','2025-06-30','frame','dc4f44cc9e85feb72a8c10174cb36041474cfdaba32c8ceae449cb51688c6a05','EPSG:25832',1,'{"source": "test", "operator": "op2", "valid_from": "2025-06-30", "licence": null, "digest": ""}');
CREATE TABLE meta (
	"key" VARCHAR(32) NOT NULL,
	value TEXT NOT NULL,
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('format','1');
INSERT INTO "meta" VALUES('founded','2026-03-01T08:07:00.000123+00:00');
CREATE TABLE publications (
	id INTEGER NOT NULL,
	version VARCHAR(64) NOT NULL,
	delivery VARCHAR(32) NOT NULL,
	published_at DATETIME NOT NULL,
	withdrawn_at DATETIME,
	CONSTRAINT pk_publications PRIMARY KEY (id),
	CONSTRAINT fk_publications_version FOREIGN KEY(version) REFERENCES layer_versions (version),
	CONSTRAINT uq_publications_delivery UNIQUE (delivery),
	CONSTRAINT fk_publications_delivery FOREIGN KEY(delivery) REFERENCES deliveries (id)
);
INSERT INTO "publications" VALUES(1,'3389b2abde3f08c573cc4f758b589b92c03dbf7961cad9f6d3ef5fe44cae4b3b','36ea58e9105ba1541510617453ea857d','2026-03-01 08:21:00.000369',NULL);
INSERT INTO "publications" VALUES(2,'ac59b6f48ae489770e74a5cffc96d8cac18fc1aac8eaa67f6f7886b885d52e4d','81113e9a0e83a587c93d427656ef3820','2026-03-01 08:49:00.000861',NULL);
INSERT INTO "publications" VALUES(3,'1569a17d215abdff7ba9a9848307023eaad8e861cae98d11c182b991d4766d43','be5d7100773b985f361a2dfd49c3e769','2026-03-01 08:56:00.000984','2026-03-01 09:10:00.001230');
INSERT INTO "publications" VALUES(4,'31c0009c445d5eec77f10f291bb96f2071e9d4132b08c2bb4f9071f203d072c7','272a125bd9d2a0f1b3d77c8fc8ee46ce','2026-03-01 09:03:00.001107',NULL);
CREATE INDEX ix_layer_versions_kind_operator_part ON layer_versions (kind, operator, part);
CREATE INDEX ix_deliveries_state ON deliveries (state);
CREATE INDEX ix_publications_withdrawn_at ON publications (withdrawn_at);
CREATE INDEX ix_publications_version ON publications (version);
CREATE INDEX ix_publications_published_at ON publications (published_at);
CREATE INDEX ix_events_delivery ON events (delivery);
CREATE INDEX ix_events_at ON events (at);
COMMIT;

// GraphQL for leadreturns, with PostGraphile 4: lr_* are mutations and queries, the views are
// queries. The pool's user is a login that may SET ROLE to the roles which lr_grant was told of;
// roleOf(request) says which of them has been authenticated.
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import utils from 'graphile-utils';
import postgraphile from 'postgraphile';
import plugins from 'postgraphile/plugins.js';

// Records that no role may touch, and what views call, are in the same schema.
const inside = utils.makePgSmartTagsPlugin([
	{
		kind: 'class',
		match: ({ namespaceName, aclSelectable, aclInsertable }) =>
			namespaceName === 'leadreturns' && !aclSelectable && !aclInsertable,
		tags: { omit: true },
	},
	{
		kind: 'procedure',
		match: ({ namespaceName }) => namespaceName === 'leadreturns',
		tags: { omit: true },
	},
]);
const tags = fileURLToPath(new URL('postgraphile.tags.json5', import.meta.url));

export const options = {
	appendPlugins: [inside, plugins.makePgSmartTagsFromFilePlugin(tags)],
	includeExtensionResources: true, // else nothing of an extension is in the schema
	ignoreRBAC: false, // and that alone which some of the roles may touch
	extendedErrors: ['errcode', 'constraint', 'detail', 'hint'],
	setofFunctionsContainNulls: false,
	legacyRelations: 'omit',
	dynamicJson: true,
};

export function graphql(pool, roleOf, { schemas = ['public', 'leadreturns'], ...more } = {}) {
	return http.createServer(
		postgraphile.postgraphile(pool, schemas, {
			...options,
			...more,
			pgSettings: async (request) => ({ role: await roleOf(request) }),
		}),
	);
}
